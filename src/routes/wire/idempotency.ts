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

/** While no token exists every caller is the same one. */
export function callerOf(key: string | readonly string[] | undefined): Caller {
  return { name: 'anonymous', idempotencyKey: typeof key === 'string' ? key : null };
}
