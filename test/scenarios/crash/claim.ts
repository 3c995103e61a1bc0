import type { Json } from '../../support/http-client.js';
import type { Contents } from './trainer.js';

/**
 * What a client knows of one lease that it asked for.
 *
 *     asked ──answer──▶ active ──asks for release──▶ releasing ──answer──▶ ended
 *       └──an answer without a step──▶ (forgotten)     └──or found expired──┘
 *
 * In `asked` and `releasing` a kill leaves it in doubt: only asking again tells.
 */
export interface Claim {
  /** Idempotency key and holder. */
  readonly key: string;
  readonly step: number;
  readonly ttl: number;
  state: 'asked' | 'active' | 'releasing' | 'ended';
  lease: Json | null;
  /** On this process's clock: no earlier may the lease expire. */
  promisedUntilMs: number;
  /** What its path held at the first look. */
  contents: Contents | null;
}

export function claimOf(key: string, step: number, ttl: number): Claim {
  return { key, step, ttl, state: 'asked', lease: null, promisedUntilMs: 0, contents: null };
}

/** @param askedAtMs when the acknowledged grant or renewal was sent: its TTL counts from the answer, which came later. */
export function acknowledge(claim: Claim, lease: Json, askedAtMs: number): void {
  claim.lease = lease;
  claim.state = 'active';
  claim.promisedUntilMs = Math.max(claim.promisedUntilMs, askedAtMs + claim.ttl * 1000);
}

export function mayHaveExpired(claim: Claim): boolean {
  return performance.now() >= claim.promisedUntilMs;
}
