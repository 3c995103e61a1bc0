import type { Cancel, Clock } from '../clock.js';

/** Added to each deadline: it was set before the answer left, and the TTL counts from the answer. */
const GRACE_MS = 200;
/** A timer that is later than this shows that the process stood still. */
const STALL_MS = 1_000;
/** After standing still, renewals that wait in the sockets are handled before anything expires. */
const STALL_GRACE_MS = 500;

/** Calls back when a lease's time is over, on the monotonic clock. */
export class ExpiryTimers {
  readonly #clock: Clock;
  readonly #expire: (number: number) => void;
  readonly #timers = new Map<number, Cancel>();

  constructor(clock: Clock, expire: (number: number) => void) {
    this.#clock = clock;
    this.#expire = expire;
  }

  set(number: number, deadlineMs: number): void {
    this.clear(number);
    const dueMs = deadlineMs + GRACE_MS;
    const delayMs = Math.max(0, dueMs - this.#clock.monotonic());
    this.#timers.set(
      number,
      this.#clock.after(delayMs, () => this.#due(number, dueMs)),
    );
  }

  clear(number: number): void {
    this.#timers.get(number)?.();
    this.#timers.delete(number);
  }

  clearAll(): void {
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
  }

  #due(number: number, dueMs: number): void {
    if (this.#clock.monotonic() - dueMs > STALL_MS) {
      this.#timers.set(
        number,
        this.#clock.after(STALL_GRACE_MS, () => this.#end(number)),
      );
      return;
    }
    this.#end(number);
  }

  #end(number: number): void {
    this.#timers.delete(number);
    this.#expire(number);
  }
}
