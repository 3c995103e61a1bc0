import type { Command } from 'commander';
import { RunDocument } from '../client/documents.js';
import { meantRun } from '../client/find-run.js';
import { addClientCommand, openSession } from '../client-command.js';
import { printRun } from './print-run.js';

export function addFinish(program: Command): void {
  const command = addClientCommand(program, 'finish', {
    description:
      'Say that no more steps will come: whoever waits for one is told, and exec --each ends. A step that comes all the same undoes it.',
    examples: ['steplease finish --run mnist --reason "trained to the end"'],
  }).option('--reason <TEXT>', 'shown by the run');
  command.action(({ reason }: { readonly reason?: string }) => complete(command, 'finish', { reason }));
}

export function addReopen(program: Command): void {
  const command = addClientCommand(program, 'reopen', {
    description: 'Undo finish: whoever waits waits again.',
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
