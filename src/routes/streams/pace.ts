import type { Clock } from '../../engine/clock.js';

/** How long a stream waits for its client before it gives it up. */
export interface Pace {
  readonly clock: Clock;
  readonly stallMs: number;
}

/**
 * Runs `start` and waits until it calls back, but no longer than the pace allows. `start` may return what undoes its listening.
 *
 * @returns false when the client took too long.
 */
export function withinPace(
  pace: Pace,
  start: (done: () => void) => (() => void) | undefined,
): Promise<boolean> {
  return new Promise((resolve) => {
    const end = (inTime: boolean) => {
      cancel();
      stop?.();
      resolve(inTime);
    };
    const cancel = pace.clock.after(pace.stallMs, () => end(false));
    const stop = start(() => end(true));
  });
}
