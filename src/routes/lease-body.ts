import type { GrantRequest } from '../engine/engine.js';
import { EngineError } from '../engine/errors.js';
import { DEFAULT_TTL_MS, MIN_TTL_MS } from '../engine/leases/ttl.js';
import { type Static, Type } from '../typebox.js';
import { MAX_DURATION_SECONDS, toMilliseconds } from './wire/duration.js';
import { stepNumber, stepOrLatest, waitId } from './wire/parameters.js';

export const ttl = Type.Number({
  minimum: MIN_TTL_MS / 1_000,
  maximum: MAX_DURATION_SECONDS,
  description: "Seconds, at most the server's `--max-ttl` (86400).",
  examples: [DEFAULT_TTL_MS / 1_000],
});

export const holder = Type.String({
  maxLength: 128,
  description: 'Who holds it, for people to read.',
  examples: ['eval-3'],
});

export function timeout(description: string) {
  return Type.Number({ minimum: 0, maximum: MAX_DURATION_SECONDS, description, examples: [30] });
}

export const GrantBody = Type.Object(
  {
    step: Type.Optional(stepOrLatest('This very step, or the highest there is. Not together with `until`.')),
    until: Type.Optional(
      stepNumber('The highest step once it is at least this. Without `step` and `until`: any step.'),
    ),
    timeout: Type.Optional(timeout('Seconds to wait for the step. Default 0 with `step`, 30 otherwise.')),
    ttl: Type.Optional(ttl),
    holder: Type.Optional(holder),
    labels: Type.Optional(
      Type.Unsafe<Record<string, string>>({
        type: 'object',
        maxProperties: 64,
        propertyNames: { type: 'string', maxLength: 64 },
        additionalProperties: { type: 'string', maxLength: 1_024 },
        description: 'Flat strings, returned as given.',
        examples: [{ job: 'eval' }],
      }),
    ),
    ignore_snapshot_errors: Type.Optional(
      Type.Boolean({
        description:
          'Forgive vanished files: the lease then protects nothing (`snapshot` false). Default false.',
      }),
    ),
    wait_id: Type.Optional(waitId),
  },
  { additionalProperties: false, examples: [{ until: 12000, timeout: 30, ttl: 60, holder: 'eval-3' }] },
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
