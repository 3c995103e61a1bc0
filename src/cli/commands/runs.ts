import type { Command } from 'commander';
import { RunDocument } from '../client/documents.js';
import { listAll } from '../client/list-all.js';
import { addClientCommand, openSession } from '../client-command.js';
import { printErrorLine, printJson, printLines } from '../output.js';
import { showBytes } from '../terminal/figures.js';
import { printable } from '../terminal/printable.js';
import { type Column, tableLines } from '../terminal/table.js';

const COLUMNS: readonly Column<RunDocument>[] = [
  { title: 'run', cell: ({ name }) => name },
  { title: 'state', cell: ({ state }) => state },
  { title: 'latest', right: true, cell: ({ latest_step: step }) => step },
  { title: 'steps', right: true, cell: ({ step_count: count }) => count },
  { title: 'leases', right: true, cell: ({ leases }) => leases.active },
  { title: 'retained', right: true, cell: ({ snapshots }) => showBytes(snapshots.retained_bytes) },
  { title: 'watch', cell: ({ watch }) => (watch.degraded ? `${watch.mode} (degraded)` : watch.mode) },
  { title: 'directory', cell: ({ directory }) => directory },
];

export function addRuns(program: Command): void {
  const command = addClientCommand(program, 'runs', {
    description:
      'List the runs: the checkpoint roots that the server watches. Their warnings go to standard error.',
    examples: ['steplease runs', 'steplease runs --json | jq -r ".items[].name"'],
  });
  command.action(async () => {
    const { client, json, screen } = openSession(command);
    const list = await listAll(client, RunDocument, { path: ['runs'] });
    // A run that is named is the only one of interest; the variable only says which one is meant where one has to be.
    const { run } = command.opts();
    if (run !== undefined) list.items = list.items.filter(({ name }) => name === run);
    if (json) return printJson(list);
    if (list.items.length === 0) return printErrorLine('no runs');
    printLines(tableLines(screen, COLUMNS, list.items));
    for (const { name, warnings } of list.items) {
      for (const { detail, hint } of warnings)
        printErrorLine(printable(`warning: run ${name}: ${detail}${hint === null ? '' : ` (${hint})`}`));
    }
  });
}
