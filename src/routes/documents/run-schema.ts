import type { RunDocument } from '../../engine/documents.js';
import { SNAPSHOT_MODES } from '../../engine/file-system.js';
import { SNAPSHOT_LAYOUTS } from '../../engine/holdings/snapshot.js';
import { COMMIT_MODE_OPTIONS, WATCH_OPTIONS } from '../../engine/runs/run-options.js';
import { STEP_SEPARATORS } from '../../engine/steps/name-format.js';
import { Type } from '../../typebox.js';
import { choice, nullable, ref, time } from './building-blocks.js';

const RUN_STATES = ['waiting_for_directory', 'watching', 'finished', 'unavailable'] as const;

const NameFormat = Type.Object({
  step_prefix: nullable(Type.String()),
  step_separator: choice(STEP_SEPARATORS, { description: 'Stands between prefix and number.' }),
  step_format_fixed_length: nullable(Type.Integer()),
});

const RunOptions = Type.Object({
  step_name_formats: Type.Array(NameFormat, { description: 'Earlier formats win.' }),
  commit_mode: choice(COMMIT_MODE_OPTIONS),
  commit_marker: Type.String({
    description: 'The file inside a step that marks it as finished, where the commit mode is `commit_file`.',
    examples: ['commit_success.txt'],
  }),
  settle: Type.Number({
    description:
      'Seconds for which a tree must stay unchanged before it counts, where nothing else shows that its writer had finished.',
    examples: [5],
  }),
  watch: choice(WATCH_OPTIONS),
  poll_interval: Type.Number({ description: 'Seconds.', examples: [1] }),
  snapshot_mode: choice(SNAPSHOT_MODES),
  snapshot_layout: choice(SNAPSHOT_LAYOUTS),
  snapshot_dir: nullable(Type.String()),
  immutable: Type.Boolean(),
  min_free_bytes: nullable(Type.Integer(), { description: 'Null: 5 % of the filesystem, at most 10 GiB.' }),
  max_leases_per_step: nullable(Type.Integer(), { description: 'Null: no limit.' }),
});

const RunWarning = Type.Object({
  code: Type.String({ examples: ['step_prefix_mismatch'] }),
  detail: Type.String({ examples: ['12 directories look like checkpoint_N'] }),
  hint: nullable(Type.String(), { examples: ['set step_prefix to "checkpoint"'] }),
});

export const RunSchema = Type.Object(
  {
    name: Type.String({ examples: ['default'] }),
    directory: Type.String({ examples: ['/ckpts/r'] }),
    state: choice(RUN_STATES, { description: 'While `unavailable`, waits keep waiting.' }),
    reason: nullable(Type.String(), { description: 'One sentence that explains the state.' }),
    warnings: Type.Array(RunWarning, { description: 'What would otherwise look dead.' }),
    latest_step: nullable(Type.Integer(), { examples: [12000] }),
    step_count: Type.Integer({ description: 'Finalized steps.' }),
    cursor: Type.String({ description: 'Position in the event log that this document shows.' }),
    watch: Type.Object({
      mode: choice(['events', 'poll']),
      degraded: Type.Boolean({
        description: 'True where the filesystem gives no events although they were asked for.',
      }),
      last_scan_at: nullable(time('When the directory was last listed.')),
      scans: Type.Integer(),
    }),
    leases: Type.Object({ active: Type.Integer() }),
    snapshots: Type.Object({
      count: Type.Integer(),
      retained_bytes: Type.Integer({ description: 'Bytes that only snapshots still hold on disk.' }),
    }),
    options: RunOptions,
  },
  { $id: 'Run', description: 'One watched checkpoint root.' },
);

export const Run = ref<RunDocument>('Run');
