import type { TakenInventory } from '../inspection.js';
import type { Settling } from './tracked-step.js';

export interface SettlingContext {
  /** How long content must stay unchanged to count as complete, in milliseconds. */
  readonly settleMs: number;
  /** Monotonic time at which the look began: whatever changed while it went on has no age. */
  readonly beganMs: number;
  /** Milliseconds since the epoch, at that moment. */
  readonly wallMs: number;
  /** Monotonic time at which the look is judged, when it has ended. */
  readonly nowMs: number;
  /** Monotonic time of a look that did not show the directory; -Infinity where there was no look before. */
  readonly absentMs: number;
}

/** Filesystems stamp changes with a coarse clock, which may be behind by so much. */
const TICK_MS = 10;

/**
 * Since when content has been as it is. Its change times tell, but no further back than to the last look that showed it otherwise: nobody can set
 * a change time back, yet the wall clock may be set.
 */
export function settle(
  context: SettlingContext,
  { fingerprint, changedNs }: TakenInventory,
  before: Settling | null,
): Settling {
  const { settleMs, beganMs, nowMs, wallMs, absentMs } = context;
  const ageMs = Math.max(0, wallMs - Number(BigInt(changedNs) / 1_000_000n) - TICK_MS);
  const sinceMs =
    before?.fingerprint === fingerprint
      ? before.sinceMs
      : Math.max(beganMs - ageMs, before?.lookedMs ?? absentMs);
  // Content that has settled and still does not count is looked at again at the same pace.
  const dueMs = sinceMs + settleMs > nowMs ? sinceMs + settleMs : nowMs + settleMs;
  return { fingerprint, sinceMs, lookedMs: nowMs, dueMs };
}

export function hasSettled({ settleMs, beganMs }: SettlingContext, { sinceMs }: Settling): boolean {
  return beganMs - sinceMs >= settleMs;
}

/** For a reason: how long nothing may change. */
export function settleTime({ settleMs }: SettlingContext): string {
  const seconds = settleMs / 1000;
  return seconds === 1 ? '1 second' : `${seconds} seconds`;
}
