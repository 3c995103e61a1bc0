import type { Clock } from '../clock.js';
import type { LeaseRecord } from '../holdings/lease.js';

/** How long leases may live in all, however often they are renewed. */
export class LeaseLife {
  readonly #clock: Clock;
  /** Null: for ever. */
  readonly #maxLifeMs: number | null;
  /** By the lease's number, on the monotonic clock: the wall clock may be set while a lease lives. */
  readonly #ends = new Map<number, number>();

  constructor(clock: Clock, maxLifeMs: number | null) {
    this.#clock = clock;
    this.#maxLifeMs = maxLifeMs;
  }

  /** The longest TTL that a lease can be granted with. */
  within(ttlMs: number): number {
    return Math.min(ttlMs, this.#maxLifeMs ?? Infinity);
  }

  /** The moment beyond which no renewal goes. */
  endOf({ number, grantedAt }: LeaseRecord): number {
    if (this.#maxLifeMs === null) return Infinity;
    const known = this.#ends.get(number);
    if (known !== undefined) return known;
    const leftMs = Math.max(0, grantedAt + this.#maxLifeMs - this.#clock.now());
    const end = this.#clock.monotonic() + leftMs;
    this.#ends.set(number, end);
    return end;
  }

  /** One sentence for a lease that ended with its life. */
  get reason(): string {
    return `max_lease_life is over: ${(this.#maxLifeMs ?? 0) / 1_000} s after it was granted`;
  }

  forget(number: number): void {
    this.#ends.delete(number);
  }
}
