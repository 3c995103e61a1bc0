import { type Command, Option } from 'commander';
import { readCount, readStep } from '../arguments.js';
import { StepDocument } from '../client/documents.js';
import { listAll } from '../client/list-all.js';
import { addClientCommand, openSession } from '../client-command.js';
import { printJson, printLines, printNote } from '../output.js';
import { showBytes, showTime } from '../terminal/figures.js';
import { type Column, tableLines } from '../terminal/table.js';

const COLUMNS: readonly Column<StepDocument>[] = [
  { title: 'step', right: true, cell: ({ step }) => step },
  { title: 'state', cell: ({ state }) => state },
  { title: 'committed', cell: ({ committed_at: time }) => showTime(time) },
  { title: 'size', right: true, cell: ({ size_bytes: bytes }) => showBytes(bytes) },
  { title: 'leases', right: true, cell: ({ leases }) => leases },
  { title: 'path', cell: ({ path }) => path },
];

/** Why an entry is no step, or none yet, is what one looks at all of them for. */
const ALL_COLUMNS = [...COLUMNS, { title: 'reason', cell: ({ reason }: StepDocument) => reason }];

interface StepsOptions {
  readonly min?: number;
  readonly max?: number;
  readonly state: string;
  readonly order: string;
  readonly last?: number;
}

export function addSteps(program: Command): void {
  const command = addClientCommand(program, 'steps', {
    description: 'List the steps of a run.',
    examples: [
      'steplease steps --run mnist --last 10',
      'steplease steps --state all    # why something is not listed',
    ],
  })
    .option('--min <N>', 'only steps with at least this number', readStep)
    .option('--max <N>', 'only steps with at most this number', readStep)
    .addOption(
      new Option('--order <ORDER>', 'order by number; entries without a number come last')
        .choices(['asc', 'desc'])
        .default('asc'),
    )
    .option('--last <COUNT>', 'only the COUNT highest', readCount)
    .addOption(
      new Option('--state <STATE>', 'only entries in this state')
        .choices(['finalized', 'temporary', 'deleting', 'foreign', 'all'])
        .default('finalized'),
    );
  command.action(async ({ min, max, state, order, last }: StepsOptions) => {
    const { client, run, json, screen } = openSession(command);
    const query = { run, min, max, state, order };
    const list = await listAll(client, StepDocument, { path: ['steps'], query });
    if (last !== undefined) list.items = highest(list.items, last, order);
    if (json) return printJson(list);
    if (list.items.length === 0) return printNote('no steps');
    printLines(await tableLines(screen, state === 'finalized' ? COLUMNS : ALL_COLUMNS, list.items));
  });
}

/** Entries without a number come last in the list, and are none of the highest. */
function highest(steps: readonly StepDocument[], count: number, order: string): StepDocument[] {
  const numbered = steps.filter(({ step }) => step !== null);
  return order === 'desc' ? numbered.slice(0, count) : numbered.slice(-count);
}
