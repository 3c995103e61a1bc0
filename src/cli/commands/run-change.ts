import { resolve } from 'node:path';
import type { Command } from 'commander';
import { readRunBody } from '../../config/run-body.js';
import { RUN_SETTINGS } from '../../config/run-settings.js';
import { RunDocument } from '../client/documents.js';
import { addServerCommand, openSession } from '../client-command.js';
import { printJson } from '../output.js';
import { addPlainOptions, readPlainOptions } from '../setting-options.js';
import { printRun } from './print-run.js';

const OPTIONS = Object.values(RUN_SETTINGS);

export function addRunPut(runs: Command): void {
  const command = addServerCommand(runs, 'put', {
    description:
      'Register or change a run, and return after its first scan. Options that are left out get their defaults, also in a run that has others.',
    examples: [
      'steplease runs put mnist /ckpts/mnist',
      'steplease runs put mnist /ckpts/mnist --step-prefix checkpoint --poll-interval 5s',
    ],
  })
    .argument('<NAME>')
    .argument('<DIR>', 'checkpoint root on the server, under one of its --allow-root directories');
  addPlainOptions(command, OPTIONS);
  command.action(async (name: string, directory: string) => {
    const session = openSession(command);
    const options = readRunBody(readPlainOptions(command, OPTIONS), process.cwd());
    const call = {
      method: 'PUT',
      path: ['runs', name],
      body: { directory: resolve(directory), ...options },
    } as const;
    printRun(session, await session.client.document(RunDocument, call));
  });
}

export function addRunDelete(runs: Command): void {
  const command = addServerCommand(runs, 'delete', {
    description: 'Forget a run. Nothing in its directory is changed except the snapshots.',
    examples: ['steplease runs delete mnist', 'steplease runs delete mnist --force'],
  })
    .argument('<NAME>')
    .option('--force', 'also with active leases or consumers: the leases end as broken, the consumers go');
  command.action(async (name: string, { force }: { readonly force?: true }) => {
    const { client, json } = openSession(command);
    await client.text({ method: 'DELETE', path: ['runs', name], query: { force } });
    if (json) printJson({ name, deleted: true });
  });
}
