import type { RunState } from '../documents.js';

/** Whether a run's directory can be read; `unknown` until the first scan. */
export type Availability = 'unknown' | 'waiting_for_directory' | 'available' | 'unavailable';

/** A run's state as clients see it; null before the first scan. */
export function runState(availability: Availability, isFinished: boolean): RunState | null {
  if (availability === 'unavailable') return 'unavailable';
  if (isFinished) return 'finished';
  if (availability === 'unknown') return null;
  return availability === 'available' ? 'watching' : 'waiting_for_directory';
}
