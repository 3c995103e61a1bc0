import type { Command } from 'commander';
import { RunDocument } from '../client/documents.js';
import { meantRun } from '../client/find-run.js';
import { addClientCommand, openSession } from '../client-command.js';
import { printRun } from './print-run.js';

export function addFinish(program: Command): void {
  const command = addClientCommand(program, 'finish', {
    description:
      'Tell the server that no more steps will come: waits for one end, and so does "exec --each". A later step undoes this.',
    examples: ['steplease finish --run mnist --reason "trained to the end"'],
  }).option('--reason <TEXT>', 'shown by the run');
  command.action(({ reason }: { readonly reason?: string }) => complete(command, 'finish', { reason }));
}

export function addReopen(program: Command): void {
  const command = addClientCommand(program, 'reopen', {
    description: 'Undo "finish": steps are waited for again.',
    examples: ['steplease reopen --run mnist'],
  });
  command.action(() => complete(command, 'reopen', {}));
}

async function complete(
  command: Command,
  verb: 'finish' | 'reopen',
  body: { readonly reason?: string | undefined },
): Promise<void> {
  const session = openSession(command);
  const { client, run } = session;
  const path = ['runs', run ?? (await meantRun(client)), verb];
  printRun(session, await client.document(RunDocument, { method: 'POST', path, body }));
}
