import { SNAPSHOT_MODES } from '../engine/file-system.js';
import { SNAPSHOT_LAYOUTS } from '../engine/holdings/snapshot.js';
import {
  COMMIT_MODE_OPTIONS,
  DEFAULT_RUN_OPTIONS,
  RUN_OPTION_BOUNDS,
  WATCH_OPTIONS,
} from '../engine/runs/run-options.js';
import { DEFAULT_NAME_FORMAT, FIXED_LENGTH_BOUNDS, STEP_SEPARATORS } from '../engine/steps/name-format.js';
import { Type } from '../typebox.js';
import { formatDuration } from './duration.js';
import { optional, type ValuesOf } from './setting.js';

const { commitMode, commitMarker, settleMs, watch, pollIntervalMs, snapshotMode, snapshotLayout, immutable } =
  DEFAULT_RUN_OPTIONS;

/** How steps are called: for a run, and for each item of its `step_name_formats`. */
export const NAME_FORMAT_SETTINGS = {
  stepPrefix: optional(
    { name: 'step_prefix', kind: 'text', description: 'Prefix of step names: P in P_1000.' },
    Type.String({ minLength: 1 }),
  ),
  stepSeparator: optional(
    {
      name: 'step_separator',
      kind: 'text',
      description: `Text between prefix and number (${DEFAULT_NAME_FORMAT.separator}).`,
    },
    Type.Enum([...STEP_SEPARATORS]),
  ),
  stepFormatFixedLength: optional(
    {
      name: 'step_format_fixed_length',
      kind: 'integer',
      description: 'Digits that step numbers are padded to.',
    },
    Type.Integer(FIXED_LENGTH_BOUNDS),
  ),
};

/**
 * What can be set for one run: the body of `PUT /runs/{run}`, by the same names. A setting that is not set leaves a stored run as it is, so
 * the defaults are only told here.
 */
export const RUN_SETTINGS = {
  ...NAME_FORMAT_SETTINGS,
  commitMode: optional(
    { name: 'commit_mode', kind: 'text', description: `How a finalized step is marked (${commitMode}).` },
    Type.Enum([...COMMIT_MODE_OPTIONS]),
  ),
  commitMarker: optional(
    {
      name: 'commit_marker',
      kind: 'text',
      description: `File inside a step that marks it as finished, for writers other than Orbax; sets commit_mode to commit_file (${commitMarker}).`,
    },
    Type.String({ minLength: 1 }),
  ),
  settleMs: optional(
    {
      name: 'settle',
      kind: 'duration',
      description: `How long a step that was copied or written in place must stay unchanged before it counts (${formatDuration(settleMs)}).`,
    },
    Type.Number(RUN_OPTION_BOUNDS.settleMs),
  ),
  watch: optional(
    { name: 'watch', kind: 'text', description: `How changes are noticed (${watch}).` },
    Type.Enum([...WATCH_OPTIONS]),
  ),
  pollIntervalMs: optional(
    {
      name: 'poll_interval',
      kind: 'duration',
      description: `Time between two looks at the directory (${formatDuration(pollIntervalMs)}).`,
    },
    Type.Number(RUN_OPTION_BOUNDS.pollIntervalMs),
  ),
  snapshotMode: optional(
    { name: 'snapshot_mode', kind: 'text', description: `How a leased step is kept (${snapshotMode}).` },
    Type.Enum([...SNAPSHOT_MODES]),
  ),
  snapshotLayout: optional(
    { name: 'snapshot_layout', kind: 'text', description: `How snapshots are named (${snapshotLayout}).` },
    Type.Enum([...SNAPSHOT_LAYOUTS]),
  ),
  snapshotDirectory: optional(
    { name: 'snapshot_dir', kind: 'path', description: 'Where snapshots are made (inside the root).' },
    Type.String(),
  ),
  immutable: optional(
    { name: 'immutable', kind: 'boolean', description: `Make snapshots read-only (${immutable}).` },
    Type.Boolean(),
  ),
  minFreeBytes: optional(
    {
      name: 'min_free_bytes',
      kind: 'integer',
      description: 'Free bytes below which nothing is granted (5 % of the filesystem, at most 10 GiB).',
    },
    Type.Integer(RUN_OPTION_BOUNDS.minFreeBytes),
  ),
  maxLeasesPerStep: optional(
    {
      name: 'max_leases_per_step',
      kind: 'integer',
      description: 'Active leases that one step may have (no limit).',
    },
    Type.Integer(RUN_OPTION_BOUNDS.maxLeasesPerStep),
  ),
};

export type NameFormatValues = ValuesOf<typeof NAME_FORMAT_SETTINGS>;
export type RunValues = ValuesOf<typeof RUN_SETTINGS>;
