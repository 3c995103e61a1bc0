import { randomBytes } from 'node:crypto';
import type { Cancel, Clock } from '../engine/clock.js';

/** Longer delays overflow setTimeout's 32 bits, and it fires at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The machine's time and randomness. The only file that may ask for them. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after: (delayMs, callback) => armUntil(performance.now() + delayMs, callback),
  randomBytes: (count) => randomBytes(count),
};

function armUntil(deadline: number, callback: () => void): Cancel {
  let timer: NodeJS.Timeout;
  const arm = (): void => {
    const remainingMs = Math.max(0, Math.ceil(deadline - performance.now()));
    timer = setTimeout(onTimer, Math.min(remainingMs, LONGEST_TIMER_MS));
  };
  // Timers count whole milliseconds of the event loop's own time and may fire a little early: no deadline is told before it is over.
  const onTimer = (): void => (performance.now() < deadline ? arm() : callback());
  arm();
  return () => clearTimeout(timer);
}
