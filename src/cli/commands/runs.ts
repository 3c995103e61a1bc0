import type { Command } from 'commander';
import { RunDocument } from '../client/documents.js';
import { listAll } from '../client/list-all.js';
import { addClientCommand, addServerCommand, openSession } from '../client-command.js';
import { printJson, printLines, printNote } from '../output.js';
import { tableLines } from '../terminal/table.js';
import { printRun, printWarnings, RUN_COLUMNS } from './print-run.js';
import { addRunDelete, addRunPut } from './run-change.js';

const LIST = {
  description:
    'List the runs: the checkpoint roots that the server watches. Their warnings go to standard error.',
  examples: ['steplease runs', 'steplease runs --json | jq -r ".items[].name"'],
};

/** `runs` alone lists them, as people type it; `runs list` does the same, as with leases and consumers. */
export function addRuns(program: Command): void {
  const runs = addClientCommand(program, 'runs', LIST);
  const list = addClientCommand(runs, 'list', LIST);
  for (const command of [runs, list]) command.action(() => listRuns(command));
  addRunShow(runs);
  addRunPut(runs);
  addRunDelete(runs);
}

async function listRuns(command: Command): Promise<void> {
  const { client, json, screen } = openSession(command);
  const list = await listAll(client, RunDocument, { path: ['runs'] });
  // A run that is named is the only one of interest; the variable only says which one is meant where one has to be.
  const { run } = command.optsWithGlobals();
  if (run !== undefined) list.items = list.items.filter(({ name }) => name === run);
  if (json) return printJson(list);
  if (list.items.length === 0) return printNote('no runs');
  printLines(await tableLines(screen, RUN_COLUMNS, list.items));
  list.items.forEach(printWarnings);
}

function addRunShow(runs: Command): void {
  const command = addServerCommand(runs, 'show', {
    description: 'Show one run. --json includes its options.',
    examples: ['steplease runs show mnist --json | jq .options'],
  }).argument('<NAME>');
  command.action(async (name: string) => {
    const session = openSession(command);
    printRun(session, await session.client.document(RunDocument, { path: ['runs', name] }));
  });
}
