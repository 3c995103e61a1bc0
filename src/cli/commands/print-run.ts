import type { RunDocument } from '../client/documents.js';
import { inCommands } from '../hint.js';
import { printJson, printLines, printNote } from '../output.js';
import { showBytes } from '../terminal/figures.js';
import type { Screen } from '../terminal/screen.js';
import { type Column, recordLines } from '../terminal/table.js';

export const RUN_COLUMNS: readonly Column<RunDocument>[] = [
  { title: 'run', cell: ({ name }) => name },
  { title: 'state', cell: ({ state }) => state },
  { title: 'latest', right: true, cell: ({ latest_step: step }) => step },
  { title: 'steps', right: true, cell: ({ step_count: count }) => count },
  { title: 'leases', right: true, cell: ({ leases }) => leases.active },
  { title: 'retained', right: true, cell: ({ snapshots }) => showBytes(snapshots.retained_bytes) },
  { title: 'watch', cell: ({ watch }) => (watch.degraded ? `${watch.mode} (degraded)` : watch.mode) },
  { title: 'directory', cell: ({ directory }) => directory },
];

/** Prints one run; its warnings go to standard error. */
export function printRun(
  { json, screen }: { readonly json: boolean; readonly screen: Screen },
  run: RunDocument,
): void {
  if (json) {
    printJson(run);
    return;
  }
  const fields = RUN_COLUMNS.map(({ title, cell }) => [title, cell(run)] as const);
  printLines(recordLines(screen, Object.fromEntries([...fields, ['reason', run.reason]])));
  printWarnings(run);
}

export function printWarnings({ name, warnings }: RunDocument): void {
  for (const { detail, hint } of warnings)
    printNote(`warning: run ${name}: ${detail}${hint === null ? '' : ` (${inCommands(hint)})`}`);
}
