import { SNAPSHOT_MODES } from '../../engine/file-system.js';
import { SNAPSHOT_LAYOUTS } from '../../engine/holdings/snapshot.js';
import { COMMIT_MODE_OPTIONS, WATCH_OPTIONS } from '../../engine/runs/run-options.js';
import { STEP_SEPARATORS } from '../../engine/steps/name-format.js';
import { Type } from '../../typebox.js';
import { choice, nullable, time } from './building-blocks.js';

const RUN_STATES = ['waiting_for_directory', 'watching', 'finished', 'unavailable'] as const;

const NameFormat = Type.Object(
  {
    step_prefix: nullable(Type.String(), { description: 'The text before the number; null for none.' }),
    step_separator: choice(STEP_SEPARATORS, { description: 'The text between prefix and number.' }),
    step_format_fixed_length: nullable(Type.Integer(), {
      description: 'The length to which numbers are zero-padded; null for no padding.',
    }),
  },
  { title: 'NameFormat', description: 'One format of the names of steps.' },
);

const RunOptions = Type.Object(
  {
    step_name_formats: Type.Array(NameFormat, { description: 'Earlier formats win.' }),
    commit_mode: choice(COMMIT_MODE_OPTIONS, { description: 'How a finished step is marked.' }),
    commit_marker: Type.String({
      description:
        'Name of the file inside a step that marks it as finished, with `commit_mode` `commit_file`.',
      examples: ['commit_success.txt'],
    }),
    settle: Type.Number({
      description:
        'Seconds for which a tree must stay unchanged before it counts, where nothing else shows that its writer had finished.',
      examples: [5],
    }),
    watch: choice(WATCH_OPTIONS, { description: 'How changes of the directory are noticed.' }),
    poll_interval: Type.Number({ description: 'Seconds from one scan to the next.', examples: [1] }),
    snapshot_mode: choice(SNAPSHOT_MODES, { description: 'How snapshots keep the files of a step.' }),
    snapshot_layout: choice(SNAPSHOT_LAYOUTS, { description: 'How the directories of snapshots are named.' }),
    snapshot_dir: nullable(Type.String(), {
      description: 'Directory of the snapshots; null: inside the directory of the run.',
    }),
    immutable: Type.Boolean({ description: 'Whether snapshots are made read-only.' }),
    min_free_bytes: nullable(Type.Integer(), {
      description:
        'No snapshot is made while less space is free. Null: 5 % of the filesystem, at most 10 GiB.',
    }),
    max_leases_per_step: nullable(Type.Integer(), {
      description: 'Most active leases of one step; null: no limit.',
    }),
  },
  { title: 'RunOptions', description: 'The options of a run, defaults included.' },
);

const RunWarning = Type.Object(
  {
    code: Type.String({ examples: ['step_prefix_mismatch'] }),
    detail: Type.String({ examples: ['12 directories look like checkpoint_N'] }),
    hint: nullable(Type.String(), { examples: ['set step_prefix to "checkpoint"'] }),
  },
  { title: 'RunWarning', description: 'Something that keeps the run from working as it probably should.' },
);

const RunWatch = Type.Object(
  {
    mode: choice(['events', 'poll'], { description: 'How changes are noticed at present.' }),
    degraded: Type.Boolean({
      description: 'Whether the filesystem gives no events although they were asked for.',
    }),
    last_scan_at: nullable(time('When the directory was last scanned; null before the first scan.')),
    scans: Type.Integer({ description: 'Number of scans since the server started.' }),
  },
  { title: 'RunWatch', description: 'How the directory is watched.' },
);

const RunLeases = Type.Object(
  { active: Type.Integer({ description: 'Number of active leases.' }) },
  { title: 'RunLeases', description: 'The leases of the run.' },
);

const RunSnapshots = Type.Object(
  {
    count: Type.Integer({ description: 'Number of snapshots.' }),
    retained_bytes: Type.Integer({ description: 'Bytes on disk that only snapshots still hold.' }),
  },
  { title: 'RunSnapshots', description: 'The snapshots of the run.' },
);

export const RunSchema = Type.Object(
  {
    name: Type.String({ examples: ['default'] }),
    directory: Type.String({ examples: ['/ckpts/r'] }),
    state: choice(RUN_STATES, {
      description: 'Waits go on waiting in every state but `finished`, `unavailable` included.',
    }),
    reason: nullable(Type.String(), { description: 'One sentence that explains the state.' }),
    warnings: Type.Array(RunWarning),
    latest_step: nullable(Type.Integer(), { description: 'Highest finalized step.', examples: [12000] }),
    step_count: Type.Integer({ description: 'Number of finalized steps.' }),
    cursor: Type.String({ description: 'Position in the event log that this document shows.' }),
    watch: RunWatch,
    leases: RunLeases,
    snapshots: RunSnapshots,
    options: RunOptions,
  },
  { title: 'Run', description: 'One watched checkpoint root.' },
);
