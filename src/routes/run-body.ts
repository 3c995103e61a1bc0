import { type Static, Type } from 'typebox';
import { EngineError } from '../engine/errors.js';
import type { RunOptions } from '../engine/runs/run.js';
import { choice } from './documents/building-blocks.js';
import { COMMIT_MODES, SNAPSHOT_LAYOUTS, WATCH_MODES } from './documents/run-schema.js';
import { SNAPSHOT_MODES } from './documents/step-schema.js';
import { toMilliseconds } from './wire/duration.js';

const PATH = { minLength: 1, maxLength: 4_096, pattern: '^/[^\\u0000]*$' };
const BYTES = { minimum: 0, maximum: Number.MAX_SAFE_INTEGER };

const stepPrefix = Type.Unsafe<string | null>({
  type: ['string', 'null'],
  maxLength: 128,
  pattern: '^[^/\\u0000]*$',
  description: 'Steps are called `PREFIX_N`. Null: no prefix.',
  examples: ['checkpoint'],
});

const fixedLength = Type.Unsafe<number | null>({
  type: ['integer', 'null'],
  minimum: 1,
  maximum: 16,
  description: 'Numbers are zero-padded to this length. Null: no padding.',
  examples: [8],
});

const NameFormat = Type.Object(
  { step_prefix: Type.Optional(stepPrefix), step_format_fixed_length: Type.Optional(fixedLength) },
  { additionalProperties: false },
);

export const RunBody = Type.Object(
  {
    directory: Type.String({
      ...PATH,
      description: 'Checkpoint root, absolute and normalized. It belongs to one run. It need not exist yet.',
      examples: ['/ckpts/r'],
    }),
    step_prefix: Type.Optional(stepPrefix),
    step_format_fixed_length: Type.Optional(fixedLength),
    step_name_formats: Type.Optional(
      Type.Array(NameFormat, {
        minItems: 1,
        maxItems: 16,
        description: "Orbax's composite format, earlier wins; in place of the two fields above.",
        examples: [[{ step_prefix: 'checkpoint' }, {}]],
      }),
    ),
    commit_mode: Type.Optional(
      choice(COMMIT_MODES, {
        description: 'Default auto: `commit_file` behind gcsfuse, else `atomic_rename`.',
      }),
    ),
    watch: Type.Optional(
      choice(WATCH_MODES, { description: 'Default auto: events where the filesystem gives them.' }),
    ),
    poll_interval: Type.Optional(
      Type.Number({ minimum: 0.01, maximum: 3_600, description: 'Seconds. Default 1.', examples: [1] }),
    ),
    snapshot_mode: Type.Optional(
      choice(SNAPSHOT_MODES, { description: 'Default hardlink. No mode falls back to another.' }),
    ),
    snapshot_layout: Type.Optional(choice(SNAPSHOT_LAYOUTS, { description: 'Default generation.' })),
    snapshot_dir: Type.Optional(
      Type.Unsafe<string | null>({
        type: ['string', 'null'],
        ...PATH,
        description: "Absolute, under an allowed root, this run's alone. Null: inside the run's directory.",
        examples: ['/ckpts/snapshots/r'],
      }),
    ),
    immutable: Type.Optional(
      Type.Boolean({
        description: 'Snapshot directories 0555; in reflink and copy also files 0444. Default false.',
      }),
    ),
    min_free_bytes: Type.Optional(
      Type.Unsafe<number | null>({
        type: ['integer', 'null'],
        ...BYTES,
        description: 'Below it no snapshots are made. Null: 5 % of the filesystem, at most 10 GiB.',
        examples: [1_000_000_000],
      }),
    ),
    max_leases_per_step: Type.Optional(
      Type.Unsafe<number | null>({
        type: ['integer', 'null'],
        minimum: 1,
        maximum: 1_000_000,
        description: 'Null: no limit.',
        examples: [100],
      }),
    ),
  },
  { additionalProperties: false, examples: [{ directory: '/ckpts/r' }] },
);

type RunBody = Static<typeof RunBody>;

/** The options that the body sets; those it leaves out are left out here, too. */
export function toRunOptions(body: RunBody): Partial<RunOptions> {
  const options: { -readonly [K in keyof RunOptions]?: RunOptions[K] } = {};
  const formats = toNameFormats(body);
  if (formats !== undefined) options.stepNameFormats = formats;
  if (body.commit_mode !== undefined) options.commitMode = body.commit_mode;
  if (body.watch !== undefined) options.watch = body.watch;
  const pollIntervalMs = toMilliseconds(body.poll_interval);
  if (pollIntervalMs !== null) options.pollIntervalMs = pollIntervalMs;
  if (body.snapshot_mode !== undefined) options.snapshotMode = body.snapshot_mode;
  if (body.snapshot_layout !== undefined) options.snapshotLayout = body.snapshot_layout;
  if (body.snapshot_dir !== undefined) options.snapshotDirectory = body.snapshot_dir;
  if (body.immutable !== undefined) options.immutable = body.immutable;
  if (body.min_free_bytes !== undefined) options.minFreeBytes = body.min_free_bytes;
  if (body.max_leases_per_step !== undefined) options.maxLeasesPerStep = body.max_leases_per_step;
  return options;
}

function toNameFormats(body: RunBody): RunOptions['stepNameFormats'] | undefined {
  const single = body.step_prefix !== undefined || body.step_format_fixed_length !== undefined;
  if (single && body.step_name_formats !== undefined) {
    throw new EngineError(
      'invalid_request',
      'body field "step_name_formats" is given together with "step_prefix" or "step_format_fixed_length": it must be given alone',
      { hint: 'write the single format as the only item of step_name_formats' },
    );
  }
  const given = body.step_name_formats ?? (single ? [body] : undefined);
  return given?.map(({ step_prefix: prefix = null, step_format_fixed_length: fixedLength = null }) => ({
    prefix,
    fixedLength,
  }));
}
