import { EngineError } from '../engine/errors.js';
import { SNAPSHOT_MODES } from '../engine/file-system.js';
import { SNAPSHOT_LAYOUTS } from '../engine/holdings/snapshot.js';
import {
  COMMIT_MODE_OPTIONS,
  DEFAULT_RUN_OPTIONS,
  RUN_OPTION_BOUNDS,
  type RunOptions,
  WATCH_OPTIONS,
} from '../engine/runs/run-options.js';
import { DEFAULT_NAME_FORMAT, FIXED_LENGTH_BOUNDS, STEP_SEPARATORS } from '../engine/steps/name-format.js';
import { type Static, Type } from '../typebox.js';
import { choice } from './documents/building-blocks.js';
import { inSeconds, toMilliseconds } from './wire/duration.js';

const PATH = { minLength: 1, maxLength: 4_096, pattern: '^/[^\\u0000]*$' };
const DEFAULTS = DEFAULT_RUN_OPTIONS;

/**
 * Without `default`: clients that send defaults would send these beside `step_name_formats`, which stands alone. Nor has anything below a
 * default of null, which Java's generator takes for a text.
 */
const NAME_FORMAT_FIELDS = {
  step_prefix: Type.Optional(
    Type.Unsafe<string | null>({
      type: ['string', 'null'],
      maxLength: 128,
      pattern: '^[^/\\u0000]*$',
      description:
        'The text before the number, without the separator: `step` for `step_100`. Null: no prefix.',
      examples: ['checkpoint'],
    }),
  ),
  step_separator: Type.Optional(
    choice(STEP_SEPARATORS, {
      description:
        'The text between prefix and number: Orbax writes `_` (default); other writers use `-`, `.` or nothing. Needs `step_prefix`.',
      examples: ['_'],
    }),
  ),
  step_format_fixed_length: Type.Optional(
    Type.Unsafe<number | null>({
      type: ['integer', 'null'],
      ...FIXED_LENGTH_BOUNDS,
      description: 'Numbers are zero-padded to this length. Null: no padding.',
      examples: [8],
    }),
  ),
};

const NameFormat = Type.Object(NAME_FORMAT_FIELDS, {
  title: 'NameFormatRequest',
  description: 'One format of the names of steps.',
  additionalProperties: false,
});

export const RunBody = Type.Object(
  {
    directory: Type.String({
      ...PATH,
      description:
        'Checkpoint root, absolute and normalized. A directory belongs to one run, and need not exist yet.',
      examples: ['/ckpts/r'],
    }),
    ...NAME_FORMAT_FIELDS,
    step_name_formats: Type.Optional(
      Type.Array(NameFormat, {
        minItems: 1,
        maxItems: 16,
        description:
          "Several name formats, earlier ones win (Orbax's composite format). Replaces `step_prefix`, `step_separator` and `step_format_fixed_length`, which must be left out then.",
      }),
    ),
    commit_mode: Type.Optional(
      choice(COMMIT_MODE_OPTIONS, {
        default: DEFAULTS.commitMode,
        description:
          'How a finished step is marked: by its final name (`atomic_rename`) or by a file inside it (`commit_file`). `auto` is `commit_file` behind gcsfuse, else `atomic_rename`.',
      }),
    ),
    // Without `default`, since giving a marker means more than its name.
    commit_marker: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 255,
        pattern: '^[^/\\u0000]*$',
        description:
          'Name of the file inside a step that marks it as finished, for writers other than Orbax. Implies `commit_mode` `commit_file`. Orbax writes `commit_success.txt` (default).',
        examples: ['DONE'],
      }),
    ),
    settle: Type.Optional(
      Type.Number({
        ...inSeconds(RUN_OPTION_BOUNDS.settleMs),
        default: DEFAULTS.settleMs / 1_000,
        description:
          'Seconds for which a tree must stay unchanged before it counts, where nothing else shows that its writer had finished (a copy, a sync, a write in place).',
        examples: [5],
      }),
    ),
    watch: Type.Optional(
      choice(WATCH_OPTIONS, {
        default: DEFAULTS.watch,
        description:
          'How changes are noticed. `auto`: by events where the filesystem gives them, else by polling.',
      }),
    ),
    poll_interval: Type.Optional(
      Type.Number({
        ...inSeconds(RUN_OPTION_BOUNDS.pollIntervalMs),
        default: DEFAULTS.pollIntervalMs / 1_000,
        description: 'Seconds between two looks at the directory.',
        examples: [1],
      }),
    ),
    snapshot_mode: Type.Optional(
      choice(SNAPSHOT_MODES, {
        default: DEFAULTS.snapshotMode,
        description: 'How a leased step is kept. No mode falls back to another.',
      }),
    ),
    snapshot_layout: Type.Optional(
      choice(SNAPSHOT_LAYOUTS, {
        default: DEFAULTS.snapshotLayout,
        description:
          'How snapshots are named: by generation, or where Orbax looks for snapshots (`_SNAPSHOTS/STEP`).',
      }),
    ),
    snapshot_dir: Type.Optional(
      Type.Unsafe<string | null>({
        type: ['string', 'null'],
        ...PATH,
        description:
          "The directory of the run's snapshots: absolute, under an allowed root, and of this run alone. Null: inside the run's directory.",
        examples: ['/ckpts/snapshots/r'],
      }),
    ),
    immutable: Type.Optional(
      Type.Boolean({
        default: DEFAULTS.immutable,
        description:
          'Whether snapshot directories get mode 0555 and, with `reflink` and `copy`, their files 0444.',
      }),
    ),
    min_free_bytes: Type.Optional(
      Type.Unsafe<number | null>({
        type: ['integer', 'null'],
        ...RUN_OPTION_BOUNDS.minFreeBytes,
        description:
          'Free bytes of the filesystem below which no snapshots are made. Null: 5 % of the filesystem, at most 10 GiB.',
        examples: [1_000_000_000],
      }),
    ),
    max_leases_per_step: Type.Optional(
      Type.Unsafe<number | null>({
        type: ['integer', 'null'],
        ...RUN_OPTION_BOUNDS.maxLeasesPerStep,
        description: 'Most active leases of one step. Null: no limit.',
        examples: [100],
      }),
    ),
  },
  { title: 'RunRequest', additionalProperties: false, examples: [{ directory: '/ckpts/r' }] },
);

type RunBody = Static<typeof RunBody>;

/** The options that the body sets; those it leaves out are left out here, too. */
export function toRunOptions(body: RunBody): Partial<RunOptions> {
  return given({
    stepNameFormats: toNameFormats(body),
    commitMode: body.commit_mode,
    commitMarker: body.commit_marker,
    settleMs: toMilliseconds(body.settle) ?? undefined,
    watch: body.watch,
    pollIntervalMs: toMilliseconds(body.poll_interval) ?? undefined,
    snapshotMode: body.snapshot_mode,
    snapshotLayout: body.snapshot_layout,
    snapshotDirectory: body.snapshot_dir,
    immutable: body.immutable,
    minFreeBytes: body.min_free_bytes,
    maxLeasesPerStep: body.max_leases_per_step,
  });
}

type Given<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function given<T extends object>(fields: T): Given<T> {
  const kept = Object.entries(fields).filter(([, value]) => value !== undefined);
  // What was left out was undefined, nothing else changed.
  return Object.fromEntries(kept) as Given<T>;
}

function toNameFormats(body: RunBody): RunOptions['stepNameFormats'] | undefined {
  const single = Object.keys(NAME_FORMAT_FIELDS).some((field) => Object.hasOwn(body, field));
  if (single && body.step_name_formats !== undefined) {
    throw new EngineError(
      'invalid_request',
      `body field "step_name_formats" is given together with one of ${Object.keys(NAME_FORMAT_FIELDS).join(', ')}: it must be given alone`,
      { hint: 'write the single format as the only item of step_name_formats' },
    );
  }
  const formats = body.step_name_formats ?? (single ? [body] : undefined);
  return formats?.map((format) => ({
    prefix: format.step_prefix ?? DEFAULT_NAME_FORMAT.prefix,
    separator: format.step_separator ?? DEFAULT_NAME_FORMAT.separator,
    fixedLength: format.step_format_fixed_length ?? DEFAULT_NAME_FORMAT.fixedLength,
  }));
}
