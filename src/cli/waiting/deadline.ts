import type { Clock } from '../../engine/clock.js';

/** Longest single request that waits: what lies between may cut connections that stay silent for longer. */
const SLICE_SECONDS = 60;

/** How long somebody is willing to wait, by the clock that never jumps. */
export class Deadline {
  readonly #clock: Clock;
  readonly #endMs: number;

  /** @param seconds null: as long as it takes. */
  constructor(clock: Clock, seconds: number | null) {
    this.#clock = clock;
    this.#endMs = seconds === null ? Number.POSITIVE_INFINITY : clock.monotonic() + seconds * 1_000;
  }

  get isOver(): boolean {
    return this.remainingMs <= 0;
  }

  get remainingMs(): number {
    return Math.max(0, this.#endMs - this.#clock.monotonic());
  }

  /** Seconds that the next request may wait, with milliseconds as the server counts them. */
  get sliceSeconds(): number {
    return Math.min(SLICE_SECONDS, Math.ceil(this.remainingMs) / 1_000);
  }
}
