import { EngineError } from '../errors.js';

export const MIN_TTL_MS = 1_000;
export const DEFAULT_TTL_MS = 60_000;

/** @throws EngineError `invalid_request` */
export function checkTtl(ttlMs: number, maxTtlMs: number): number {
  if (ttlMs >= MIN_TTL_MS && ttlMs <= maxTtlMs) return ttlMs;
  throw new EngineError(
    'invalid_request',
    `"ttl" is ${ttlMs / 1000}: it must be from 1 to ${maxTtlMs / 1000} seconds`,
    {
      hint: 'take a short TTL and renew it while you read',
    },
  );
}
