export interface PruneLimits {
  readonly before: number;
  readonly keep: number;
  readonly atMost: number;
}

export interface LogEntry {
  readonly position: number;
  readonly time: number;
}

/**
 * How far a log may be cut: the last position to remove, null when none. A log only ever loses its beginning. So an entry that is old
 * but stands behind a younger one, because the wall clock was set back, waits until that one is old too.
 *
 * @param oldest the first entries kept, in order, as many as may go at once.
 * @param newest position of the last entry ever appended: positions have no gaps, so it tells how many are kept without a count.
 */
export function lastToPrune(oldest: readonly LogEntry[], newest: number, limits: PruneLimits): number | null {
  let last: number | null = null;
  for (const { position, time } of oldest) {
    if (position > newest - limits.keep && time >= limits.before) {
      break;
    }
    last = position;
  }
  return last;
}
