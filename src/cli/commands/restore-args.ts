import { type Command, Option } from 'commander';
import { readStepOrLatest } from '../arguments.js';
import { RestoreArgs, type RestoreLeaf } from '../client/restore-documents.js';
import { addClientCommand, openSession } from '../client-command.js';
import { printLine, printLines, printNote } from '../output.js';
import { printableJson } from '../terminal/printable.js';
import { type Column, tableLines } from '../terminal/table.js';

const COLUMNS: readonly Column<RestoreLeaf>[] = [
  { title: 'path', cell: ({ path }) => path.join('.') },
  { title: 'type', cell: ({ type }) => type },
  { title: 'restored as', cell: ({ restore_type: type }) => type },
  { title: 'dtype', cell: ({ dtype }) => dtype },
  { title: 'shape', cell: ({ global_shape: shape }) => (shape ? `[${shape.join(',')}]` : null) },
  { title: 'sharding', cell: ({ sharding }) => (sharding ? JSON.stringify(sharding) : null) },
];

interface RestoreOptions {
  readonly item?: string;
  readonly lease?: string;
  readonly globalShape: boolean;
  readonly strict: boolean;
}

export function addRestoreArgs(program: Command): void {
  const command = addClientCommand(program, 'restore-args', {
    description:
      "Print what Orbax's construct_restore_args gives for a checkpoint: dtype, shape and sharding of every leaf, without JAX.",
    examples: [
      'steplease restore-args 12000 --item default',
      'steplease restore-args --json | jq ".leaves[0]"',
    ],
  })
    .argument('[STEP]', 'step number, or "latest" (the default, unless a lease is given)', readStepOrLatest)
    .option('--item <NAME>', 'item of the step; needed when there are several')
    .addOption(new Option('--lease <ID>', 'read the snapshot of this lease'))
    .option('--no-global-shape', 'leave out the global shapes, so that the restore decides')
    .option('--no-strict', 'let the restore accept other shapes');
  command.action(async (step: number | 'latest' | undefined, options: RestoreOptions) => {
    const { client, run, json, screen } = openSession(command);
    const { item, lease, globalShape, strict } = options;
    const call = {
      path: ['restore-args'],
      query: {
        step,
        item,
        lease,
        set_global_shape: globalShape,
        strict,
        ...(lease === undefined ? { run } : {}),
      },
    };
    // Passed on as it is: numbers in it may have more digits than are read here.
    if (json) return printLine(printableJson(await client.text(call)));
    const { leaves } = await client.document(RestoreArgs, call);
    if (leaves.length === 0) return printNote('no leaves');
    printLines(await tableLines(screen, COLUMNS, leaves));
  });
}
