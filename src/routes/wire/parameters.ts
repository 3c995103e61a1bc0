import { NAME } from '../../engine/names.js';
import { Type } from '../../typebox.js';
import { DURATION_PATTERN } from './duration.js';
import { DURATION_FORMAT, STEP_FORMAT } from './value-schema.js';

/** Step numbers reach as far as JSON numbers are exact; Orbax stops at int32. */
const MAX_STEP = Number.MAX_SAFE_INTEGER;
export const RUN_NAME_PATTERN = NAME.source;
export const DEFAULT_LIMIT = 1_000;

export function stepNumber(description: string, example = 12000) {
  return Type.Integer({ minimum: 0, maximum: MAX_STEP, description, examples: [example] });
}

/** In a body, where a number is a number. */
export function stepOrLatest(description: string) {
  return Type.Unsafe<number | 'latest'>({
    title: 'StepOrLatest',
    oneOf: [
      { type: 'integer', minimum: 0, maximum: MAX_STEP },
      { type: 'string', enum: ['latest'] },
    ],
    description,
  });
}

/** In a path or a query, where a number is text, too; handlers get a number or `latest`. */
export function stepText(description: string) {
  return Type.Unsafe<number | 'latest'>({
    type: 'string',
    format: STEP_FORMAT,
    pattern: '^([0-9]+|latest)$',
    minimum: 0,
    maximum: MAX_STEP,
    description,
    examples: ['12000'],
  });
}

/** A duration in a query string; handlers get whole milliseconds. */
export function durationText(description: string, options: { readonly default?: string } = {}) {
  return Type.Unsafe<number>({
    type: 'string',
    format: DURATION_FORMAT,
    pattern: DURATION_PATTERN,
    description: `${description} \`30\`, \`30s\`, \`1.5m\`, \`2h\` or \`250ms\`; without a unit, seconds.`,
    examples: ['30s'],
    ...options,
  });
}

/** Without an example: a cursor means something only to the server that gave it. */
export function cursor(description: string) {
  return Type.String({
    description: `${description} A cursor is opaque. One that is malformed, from another server or older than the events kept gives \`410 cursor_expired\`.`,
  });
}

/** The run, where a call means one run. Impossible names are unknown runs: the lookup says 404. */
export const run = Type.Optional(
  Type.String({
    description:
      'Name of the run. Without it, the call means the run `default` if there is one, else the only run there is; else the answer is `400 run_required`.',
    examples: ['default'],
  }),
);

/** The run, where a call can mean all of them. */
export const runFilter = Type.Optional(
  Type.String({
    description: 'Name of the only run to include. Without it, all runs.',
    examples: ['default'],
  }),
);

export const limit = Type.Optional(
  Type.Integer({
    minimum: 1,
    maximum: 10_000,
    default: DEFAULT_LIMIT,
    description: 'Most items of one page.',
    examples: [1000],
  }),
);

/** Without an example, like cursors. */
export const page = Type.Optional(
  Type.String({
    minLength: 1,
    maxLength: 1_024,
    description: 'The `next_page` of the page before. Without it, the first page.',
  }),
);

export const waitId = Type.String({
  minLength: 1,
  maxLength: 128,
  description: 'Identifier of a wait. Requests with the same identifier are recorded as one wait.',
  examples: ['eval-3-17'],
});

export const runPath = Type.Object({
  run: Type.String({ description: 'Name of the run.', examples: ['default'] }),
});

export const consumerPath = Type.Object({
  consumer: Type.String({ description: 'Name of the consumer.', examples: ['mmlu'] }),
});

export const tokenPath = Type.Object({
  token: Type.String({ description: 'Name of the token.', examples: ['eval-cluster'] }),
});

/** Without an example: only the holder of a lease knows its id. */
export const leasePath = Type.Object({
  id: Type.String({ description: 'The `id` that came with the grant.' }),
});

/** Without an example: only a snapshot that is stuck can be tried again. */
export const snapshotPath = Type.Object({
  id: Type.String({ description: 'Number of the snapshot.' }),
});

export const NO_PARAMETERS = Type.Object({}, { additionalProperties: false });
