import { randomBytes } from 'node:crypto';
import type { Cancel, Clock } from '../../src/engine/clock.js';

interface Timer {
  readonly due: number;
  readonly callback: () => void;
}

/** Time that stands still until the test moves it. The wall clock may be set on its own, as an administrator would. */
export class FakeClock implements Clock {
  #wall: number;
  #monotonic = 0;
  readonly #timers = new Set<Timer>();

  constructor(wall = Date.UTC(2026, 0, 1)) {
    this.#wall = wall;
  }

  now(): number {
    return this.#wall;
  }
  monotonic(): number {
    return this.#monotonic;
  }
  randomBytes(count: number): Uint8Array {
    return randomBytes(count);
  }
  after(delayMs: number, callback: () => void): Cancel {
    const timer = { due: this.#monotonic + Math.max(0, delayMs), callback };
    this.#timers.add(timer);
    return () => {
      this.#timers.delete(timer);
    };
  }

  /** How many timers are still to fire. */
  get pendingTimers(): number {
    return this.#timers.size;
  }

  /** Moves the wall clock alone, forward or back: durations and timers must not notice. */
  setWall(now: number): void {
    this.#wall = now;
  }

  /**
   * Moves both clocks and fires what is due on the way: by due time, then in the order in which they were set; timers that a callback
   * sets fire, too, when they fall due within `ms`. During a callback both clocks show the moment for which it was due.
   */
  advance(ms: number): void {
    const end = this.#monotonic + ms;
    for (let timer = this.#next(end); timer !== undefined; timer = this.#next(end)) {
      this.#timers.delete(timer);
      this.#moveTo(Math.max(timer.due, this.#monotonic));
      timer.callback();
    }
    this.#moveTo(end);
  }

  /** Time passes while the process stands still: what falls due meanwhile fires late, all of it at the end. */
  stall(ms: number): void {
    this.#moveTo(this.#monotonic + ms);
    this.advance(0);
  }

  #next(end: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.due <= end && (next === undefined || timer.due < next.due)) {
        next = timer;
      }
    }
    return next;
  }

  #moveTo(monotonic: number): void {
    this.#wall += monotonic - this.#monotonic;
    this.#monotonic = monotonic;
  }
}
