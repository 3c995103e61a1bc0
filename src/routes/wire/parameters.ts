import { Type } from '../../typebox.js';
import { DURATION_PATTERN } from './duration.js';
import { DURATION_FORMAT } from './value-schema.js';

/** Step numbers reach as far as JSON numbers are exact; Orbax stops at int32. */
const MAX_STEP = Number.MAX_SAFE_INTEGER;
export const RUN_NAME_PATTERN = '^[a-z0-9][a-z0-9._-]{0,63}$';

export function stepNumber(description: string, example = 12000) {
  return Type.Integer({ minimum: 0, maximum: MAX_STEP, description, examples: [example] });
}

export function stepOrLatest(description: string) {
  return Type.Unsafe<number | 'latest'>({
    anyOf: [{ type: 'integer', minimum: 0, maximum: MAX_STEP }, { const: 'latest' }],
    description,
    examples: [12000],
  });
}

/** A duration in a query string; handlers get whole milliseconds. */
export function durationText(description: string, example = '30s') {
  return Type.Unsafe<number>({
    type: 'string',
    format: DURATION_FORMAT,
    pattern: DURATION_PATTERN,
    description: `${description} \`30\`, \`30s\`, \`1.5m\`, \`2h\` or \`250ms\`; without a unit, seconds.`,
    examples: [example],
  });
}

export function cursor(description: string) {
  return Type.String({
    description: `${description} Opaque; a malformed, foreign or too old one gives \`410 cursor_expired\`.`,
    examples: ['c_9f3a1b_42'],
  });
}

/** Which run, where a call means one run. Impossible names are unknown runs: the lookup says 404. */
export const run = Type.Optional(
  Type.String({
    description: 'Run name. May be left out while exactly one run is registered, else `400 run_required`.',
    examples: ['default'],
  }),
);

/** Which run, where a call can mean all of them. */
export const runFilter = Type.Optional(
  Type.String({ description: 'Only this run; without it, all runs.', examples: ['default'] }),
);

export const limit = Type.Optional(
  Type.Integer({
    minimum: 1,
    maximum: 10_000,
    description: 'Most items per page. Default 1000.',
    examples: [1000],
  }),
);

export const page = Type.Optional(
  Type.String({
    minLength: 1,
    maxLength: 1_024,
    description: '`next_page` of the page before.',
    examples: ['eyJhZnRlciI6MTIwMDB9'],
  }),
);

export const waitId = Type.String({
  minLength: 1,
  maxLength: 128,
  description: 'Joins waits that a client repeats into one recorded wait.',
  examples: ['eval-3-17'],
});

export const runPath = Type.Object({ run: Type.String({ description: 'Run name.', examples: ['default'] }) });

export const consumerPath = Type.Object({
  consumer: Type.String({ description: 'Consumer name.', examples: ['mmlu'] }),
});

export const leasePath = Type.Object({
  id: Type.String({
    description: 'The capability that the grant gave.',
    examples: ['ls_5n2Xw0b7QkqkL8c1d3fZpA'],
  }),
});

export const NO_PARAMETERS = Type.Object({}, { additionalProperties: false });

export const DEFAULT_LIMIT = 1_000;
