import type { GrantRequest } from '../engine/engine.js';
import { EngineError } from '../engine/errors.js';
import { DEFAULT_TTL_MS, MIN_TTL_MS } from '../engine/leases/ttl.js';
import { type Static, Type } from '../typebox.js';
import { MAX_DURATION_SECONDS, toMilliseconds } from './wire/duration.js';
import { stepNumber, stepOrLatest, waitId } from './wire/parameters.js';

/** @param fallback the TTL, in seconds, where none is given, if it is always the same. */
export function ttl(description: string, fallback?: number) {
  return Type.Number({
    minimum: MIN_TTL_MS / 1_000,
    maximum: MAX_DURATION_SECONDS,
    ...(fallback === undefined ? {} : { default: fallback }),
    description: `${description} Seconds, at most what the server allows with \`--max-ttl\` (86400).`,
    examples: [DEFAULT_TTL_MS / 1_000],
  });
}

export const holder = Type.String({
  maxLength: 128,
  description: 'Name of the holder, for people to read.',
  examples: ['eval-3'],
});

/** @param fallback the timeout, in seconds, where none is given, if it is always the same. */
export function timeout(description: string, fallback?: number) {
  return Type.Number({
    minimum: 0,
    maximum: MAX_DURATION_SECONDS,
    ...(fallback === undefined ? {} : { default: fallback }),
    description,
    examples: [30],
  });
}

export const GrantBody = Type.Object(
  {
    step: Type.Optional(
      stepOrLatest(
        'The step to lease: this very number, or `latest` for the highest. Not together with `until`.',
      ),
    ),
    until: Type.Optional(
      stepNumber(
        'Wait until the highest step is at least this number, and lease the highest. Without `step` and `until`, any step will do.',
      ),
    ),
    timeout: Type.Optional(
      timeout('Longest wait for the step, in seconds. Left out, it is 0 with `step` and 30 without.'),
    ),
    ttl: Type.Optional(
      ttl('Time from the grant or a renewal to the end of the lease.', DEFAULT_TTL_MS / 1_000),
    ),
    holder: Type.Optional(holder),
    labels: Type.Optional(
      Type.Unsafe<Record<string, string>>({
        type: 'object',
        maxProperties: 64,
        propertyNames: { type: 'string', maxLength: 64 },
        additionalProperties: { type: 'string', maxLength: 1_024 },
        description: 'Labels of the lease, returned as given.',
        examples: [{ job: 'eval' }],
      }),
    ),
    ignore_snapshot_errors: Type.Optional(
      Type.Boolean({
        default: false,
        description:
          'Whether to grant a lease even if files vanish while the step is snapshotted. Such a lease protects nothing: `snapshot` is false.',
        examples: [true],
      }),
    ),
    wait_id: Type.Optional(waitId),
  },
  {
    title: 'LeaseRequest',
    additionalProperties: false,
    examples: [{ until: 12000, timeout: 30, ttl: 60, holder: 'eval-3' }],
  },
);

export function toGrantRequest(body: Static<typeof GrantBody>): GrantRequest {
  if (body.step !== undefined && body.until !== undefined) {
    throw new EngineError(
      'invalid_request',
      'body fields "step" and "until" are both given: only one may be',
      {
        hint: 'step names the step to lease; until waits for the highest step to reach a number',
      },
    );
  }
  return {
    step: body.step ?? null,
    until: body.until ?? null,
    timeoutMs: toMilliseconds(body.timeout),
    ttlMs: toMilliseconds(body.ttl),
    holder: body.holder ?? null,
    labels: body.labels ?? {},
    ignoreSnapshotErrors: body.ignore_snapshot_errors ?? false,
    waitId: body.wait_id ?? null,
  };
}
