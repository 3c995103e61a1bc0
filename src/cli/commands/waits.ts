import type { Command } from 'commander';
import { readCount } from '../arguments.js';
import { listAll } from '../client/list-all.js';
import { WaitRecord, WaitSummary } from '../client/wait-documents.js';
import { addClientCommand, openSession } from '../client-command.js';
import { printJson, printLines, printNote } from '../output.js';
import { showSeconds, showTime } from '../terminal/figures.js';
import { type Column, recordLines, tableLines } from '../terminal/table.js';

/** Largest page that the server gives. */
const PAGE = 10_000;

const COLUMNS: readonly Column<WaitRecord>[] = [
  { title: 'run', cell: ({ run }) => run },
  { title: 'until', right: true, cell: ({ until }) => until },
  { title: 'started', cell: ({ started_at: time }) => showTime(time) },
  { title: 'duration', right: true, cell: ({ duration }) => showSeconds(duration) },
  { title: 'outcome', cell: ({ outcome }) => outcome },
  { title: 'step', right: true, cell: ({ step }) => step },
  { title: 'source', cell: ({ source }) => source },
];

interface WaitsOptions {
  readonly last?: number;
  readonly summary?: true;
}

export function addWaits(program: Command): void {
  const command = addClientCommand(program, 'waits', {
    description: 'List the waits that have ended, newest first. Without --run, of all runs.',
    examples: ['steplease waits --last 20', 'steplease waits --summary --json | jq .p99'],
  })
    .option('--last <COUNT>', 'only the newest COUNT', readCount)
    .option('--summary', 'print counts by outcome and quantiles of the durations instead of the list');
  command.action(async ({ last, summary }: WaitsOptions) => {
    const { client, run, json, screen } = openSession(command);
    if (summary) {
      const found = await client.document(WaitSummary, { path: ['waits', 'summary'], query: { run } });
      if (json) return printJson(found);
      return printLines(recordLines(screen, summaryFields(found)));
    }
    const query = { run, limit: Math.min(last ?? PAGE, PAGE) };
    const list = await listAll(client, WaitRecord, { path: ['waits'], query }, last);
    if (json) return printJson(list);
    if (list.items.length === 0) return printNote('no waits');
    printLines(await tableLines(screen, COLUMNS, list.items));
  });
}

function summaryFields({ p50, p90, p99, max, ...counts }: WaitSummary) {
  const { count, reached, timeout, finished, cancelled } = counts;
  const [median, ...others] = [p50, p90, p99, max].map(showSeconds);
  return {
    count,
    reached,
    timeout,
    finished,
    cancelled,
    median,
    p90: others[0],
    p99: others[1],
    max: others[2],
  };
}
