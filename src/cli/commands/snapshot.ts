import type { Command } from 'commander';
import { readCount } from '../arguments.js';
import { addClientCommand, openSession } from '../client-command.js';
import { printJson } from '../output.js';

export function addSnapshot(program: Command): void {
  const snapshot = program.command('snapshot').description('Snapshots that could not be removed: retry.');
  const command = addClientCommand(snapshot, 'retry', {
    description:
      'Try at once to remove a snapshot that is stuck. The command fails while it cannot be removed.',
    examples: ['steplease snapshot retry 17    # numbers: the warnings of steplease runs show RUN'],
  }).argument('<NUMBER>', 'number of the snapshot', readCount);
  command.action(async (number: number) => {
    const { client, json } = openSession(command);
    await client.text({ method: 'POST', path: ['snapshots', String(number), 'retry'] });
    if (json) printJson({ number, removed: true });
  });
}
