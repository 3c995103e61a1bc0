import type { OwedStep } from './consumer.js';

/** How a delivery ended without an acknowledgement. */
export interface Return {
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly delayMs: number;
  /** Its snapshot is gone. */
  readonly isLost: boolean;
  readonly maxDeliver: number;
}

/** What becomes of an owed step when it is handed to a worker. Pure, like the following. */
export function delivered(owed: OwedStep, leaseNumber: number): OwedStep {
  return { ...owed, leaseNumber, attempts: owed.attempts + 1, notBefore: null };
}

/** What becomes of it when it comes back: it is offered again, or, after `maxDeliver` times, parked without its hold. */
export function returned(owed: OwedStep, { now, delayMs, isLost, maxDeliver }: Return): OwedStep {
  if (owed.attempts >= maxDeliver)
    return { ...owed, leaseNumber: null, snapshotId: null, notBefore: null, parkedAt: now };
  return {
    ...owed,
    leaseNumber: null,
    snapshotId: isLost ? null : owed.snapshotId,
    notBefore: delayMs > 0 ? now + delayMs : null,
  };
}
