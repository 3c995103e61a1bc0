import type { Principal } from '../../engine/access/principal.js';
import type { Caller } from '../../engine/engine.js';
import { Type } from '../../typebox.js';

export const IDEMPOTENCY_HEADERS = Type.Object({
  'Idempotency-Key': Type.Optional(
    Type.String({
      pattern: '^[\\u0021-\\u007e]{1,255}$',
      description:
        'Identifies retries of one request. For 24 hours the same key gives the same lease, or joins the request that still waits.',
      examples: ['eval-3-17'],
    }),
  ),
});

export function callerOf({ name, ended }: Principal, key: string | readonly string[] | undefined): Caller {
  return { name, ended, idempotencyKey: typeof key === 'string' ? key : null };
}
