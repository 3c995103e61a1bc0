import { Type } from 'typebox';
import { optional, type ValuesOf } from './setting.js';

/** What can be set for one run: the body of `PUT /runs/{run}`, by the same names. */
export const RUN_SETTINGS = {
  stepPrefix: optional(
    { name: 'step_prefix', kind: 'text', description: 'Prefix of step names: P in P_1000.' },
    Type.String({ minLength: 1 }),
  ),
  stepFormatFixedLength: optional(
    {
      name: 'step_format_fixed_length',
      kind: 'integer',
      description: 'Digits that step numbers are padded to.',
    },
    Type.Integer({ minimum: 1, maximum: 16 }),
  ),
  commitMode: optional(
    { name: 'commit_mode', kind: 'text', description: 'How Orbax marks a finalized step (auto).' },
    Type.Enum(['auto', 'atomic_rename', 'commit_file']),
  ),
  watch: optional(
    { name: 'watch', kind: 'text', description: 'How changes are noticed (auto).' },
    Type.Enum(['auto', 'events', 'poll']),
  ),
  pollIntervalMs: optional(
    { name: 'poll_interval', kind: 'duration', description: 'Time between two looks at the directory (1s).' },
    Type.Number({ minimum: 10, maximum: 3_600_000 }),
  ),
  snapshotMode: optional(
    { name: 'snapshot_mode', kind: 'text', description: 'How a leased step is kept (hardlink).' },
    Type.Enum(['hardlink', 'reflink', 'copy', 'none']),
  ),
  snapshotLayout: optional(
    { name: 'snapshot_layout', kind: 'text', description: 'How snapshots are named (generation).' },
    Type.Enum(['generation', 'orbax']),
  ),
  snapshotDirectory: optional(
    { name: 'snapshot_dir', kind: 'path', description: 'Where snapshots are made (inside the root).' },
    Type.String(),
  ),
  immutable: optional(
    { name: 'immutable', kind: 'boolean', description: 'Make snapshots read-only (false).' },
    Type.Boolean(),
  ),
  minFreeBytes: optional(
    {
      name: 'min_free_bytes',
      kind: 'integer',
      description: 'Free bytes below which nothing is granted (5 % of the filesystem, at most 10 GiB).',
    },
    Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
  ),
  maxLeasesPerStep: optional(
    {
      name: 'max_leases_per_step',
      kind: 'integer',
      description: 'Active leases that one step may have (no limit).',
    },
    Type.Integer({ minimum: 1, maximum: 1_000_000 }),
  ),
};

export type RunValues = ValuesOf<typeof RUN_SETTINGS>;
