import type { Cancel, Clock } from '../../engine/clock.js';
import { Lease } from '../client/documents.js';
import { ProblemError } from '../client/problem.js';
import type { ServerClient } from '../client/server-client.js';

/** Ends of a lease that somebody else brought about. A released one was let go with its own id: by the command itself. */
const LOST_CODES: readonly string[] = ['lease_expired', 'lease_broken', 'lease_lost', 'lease_not_found'];

const RETRY_MS = 1_000;
/** A server that hangs must leave time to ask again. */
const LONGEST_CALL_MS = 10_000;

type Renewal =
  | { readonly outcome: 'renewed' | 'released' }
  | { readonly outcome: 'lost' | 'failed'; readonly reason: string };

/**
 * Renews a lease for as long as it is needed.
 *
 *     keeping ──renewed, or failed with time left──▶ keeping
 *        ├──refused: it ended──▶ lost
 *        ├──no renewal within the TTL──▶ lost: whether it still exists cannot be known, so nobody may rely on it
 *        ├──refused: released──▶ over: the command let go of it
 *        └──stop──▶ over
 */
export class LeaseKeeper {
  /** Resolves with the reason once the lease is lost; never otherwise. */
  readonly lost: Promise<string>;
  readonly #client: ServerClient;
  readonly #clock: Clock;
  #lose: (reason: string) => void = () => {};
  #lease: Lease;
  #trustedUntilMs: number;
  #isOver = false;
  #cancel: Cancel = () => {};

  constructor(client: ServerClient, clock: Clock, lease: Lease) {
    this.#client = client;
    this.#clock = clock;
    this.#lease = lease;
    this.#trustedUntilMs = clock.monotonic() + lease.ttl * 1_000;
    this.lost = new Promise((resolve) => {
      this.#lose = resolve;
    });
    this.#arm(this.#renewAfterMs);
  }

  /** How long the server has promised to keep the lease. */
  get trustedMs(): number {
    return Math.max(0, this.#trustedUntilMs - this.#clock.monotonic());
  }

  /** Finds out whether every file was there up to this moment: the server looks at them when it renews. Null: they were. */
  async confirm(): Promise<string | null> {
    const renewal = await this.#renew();
    if (renewal.outcome === 'lost') return renewal.reason;
    return renewal.outcome === 'failed' && this.trustedMs === 0 ? renewal.reason : null;
  }

  stop(): void {
    this.#isOver = true;
    this.#cancel();
  }

  async #tick(): Promise<void> {
    const renewal = await this.#renew();
    if (this.#isOver) return;
    switch (renewal.outcome) {
      case 'renewed':
        return this.#arm(this.#renewAfterMs);
      case 'failed':
        return this.trustedMs > 0 ? this.#arm(RETRY_MS) : this.#lose(renewal.reason);
      case 'lost':
        return this.#lose(renewal.reason);
      case 'released':
        return;
    }
  }

  async #renew(): Promise<Renewal> {
    const sentMs = this.#clock.monotonic();
    const giveUp = new AbortController();
    const patienceMs = Math.max(RETRY_MS / 2, Math.min(LONGEST_CALL_MS, this.#renewAfterMs, this.trustedMs));
    const cancel = this.#clock.after(patienceMs, () => giveUp.abort(new Error('the server does not answer')));
    try {
      const path = ['leases', this.#lease.id, 'renew'];
      this.#lease = await this.#client.document(Lease, { method: 'POST', path, signal: giveUp.signal });
      // From when it was asked, not from when it was answered: the server may have counted earlier.
      this.#trustedUntilMs = sentMs + this.#lease.ttl * 1_000;
      return { outcome: 'renewed' };
    } catch (error) {
      return renewalOf(error);
    } finally {
      cancel();
    }
  }

  #arm(delayMs: number): void {
    this.#cancel = this.#clock.after(Math.min(delayMs, this.trustedMs), () => void this.#tick());
  }

  get #renewAfterMs(): number {
    return (this.#lease.renew_after ?? this.#lease.ttl / 3) * 1_000;
  }
}

function renewalOf(error: unknown): Renewal {
  const reason = error instanceof Error ? error.message : String(error);
  if (!(error instanceof ProblemError)) return { outcome: 'failed', reason };
  if (error.code === 'lease_released') return { outcome: 'released' };
  return { outcome: LOST_CODES.includes(error.code) ? 'lost' : 'failed', reason };
}
