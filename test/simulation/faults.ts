import type { Chance } from './chance.js';

export type Errno = 'ENOSPC' | 'EIO' | 'EACCES' | 'ESTALE';

/** Calls that change a disk, and so can find it full. */
const WRITES: ReadonlySet<string> = new Set(['mkdir', 'link', 'clone', 'write', 'rename', 'fsync']);

/** Trouble that lasts for a while, and the moments of which nothing is promised. */
export class Faults {
  readonly #chance: Chance;
  readonly #now: () => number;
  #errno: Errno | null = null;
  #untilMs = 0;
  #percent = 0;
  #storeUntilMs = 0;
  /** When something that may hold the service up last happened. */
  troubledMs = Number.NEGATIVE_INFINITY;

  /** When calls of the filesystem last failed. */
  filesFailedMs = Number.NEGATIVE_INFINITY;

  constructor(chance: Chance, now: () => number) {
    this.#chance = chance;
    this.#now = now;
  }

  failFiles(errno: Errno, forMs: number, percent: number): void {
    this.#errno = errno;
    this.#untilMs = this.#now() + forMs;
    this.#percent = percent;
    this.#trouble(forMs);
  }

  failStore(forMs: number): void {
    this.#storeUntilMs = this.#now() + forMs;
    this.#trouble(forMs);
  }

  /** Promises about time hold again from this moment on. */
  trouble(forMs: number): void {
    this.#trouble(forMs);
  }

  errnoFor(method: string): Errno | null {
    if (this.#errno === null || this.#now() >= this.#untilMs || method === 'close') return null;
    if (this.#errno === 'ENOSPC' && !WRITES.has(method)) return null;
    if (!this.#chance.percent(this.#percent)) return null;
    this.filesFailedMs = this.#now();
    return this.#errno;
  }

  storeRefuses(): boolean {
    return this.#now() < this.#storeUntilMs && this.#chance.percent(50);
  }

  /** Something may still be held up: what was tried again meanwhile needs a while, too. */
  isTroubled(forMs = 2_000): boolean {
    return this.#now() < this.troubledMs + forMs;
  }

  #trouble(forMs: number): void {
    this.troubledMs = Math.max(this.troubledMs, this.#now() + forMs);
  }
}
