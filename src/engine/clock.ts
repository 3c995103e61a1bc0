/** Cancels a timer; calling it twice, or after the timer fired, does nothing. */
export type Cancel = () => void;

/** Time and randomness come from here and nowhere else, so that a test can hold both in its hand. */
export interface Clock {
  /** Wall time in milliseconds since the epoch. Only shown and recorded: it may jump. */
  now(): number;
  /** Milliseconds from an arbitrary start that never jump. Every duration and deadline uses it. */
  monotonic(): number;
  /** Calls `callback` once, `delayMs` from now or a little later. */
  after(delayMs: number, callback: () => void): Cancel;
  /** `count` bytes nobody can guess. */
  randomBytes(count: number): Uint8Array;
}
