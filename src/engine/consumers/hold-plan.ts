import type { OwedStep } from './consumer.js';

export interface HoldSituation {
  /** By ordinal. */
  readonly owed: readonly OwedStep[];
  /** How many snapshots may be held. */
  readonly maxPending: number;
  /** Holds are being taken of these ordinals. */
  readonly underWay: ReadonlySet<number>;
  /** Whether the step still is in the directory, finalized, the same generation. */
  isThere(owed: OwedStep): boolean;
  /** Its hold failed a moment ago: it is left alone for now. */
  hasFailed(owed: OwedStep): boolean;
}

export interface HoldPlan {
  /** To be held now, the oldest first. */
  readonly hold: readonly OwedStep[];
  /** Deleted while they were not held. */
  readonly skip: readonly OwedStep[];
}

/** What is to be done for the owed steps of a consumer that are not held. Pure. */
export function planHolds(situation: HoldSituation): HoldPlan {
  const { owed, maxPending, underWay } = situation;
  const held = owed.filter(({ ordinal, snapshotId }) => snapshotId !== null || underWay.has(ordinal));
  const idle = owed.filter(
    (each) =>
      each.parkedAt === null &&
      each.snapshotId === null &&
      each.leaseNumber === null &&
      !underWay.has(each.ordinal) &&
      !situation.hasFailed(each),
  );
  const there: OwedStep[] = [];
  const skip: OwedStep[] = [];
  for (const each of idle) (situation.isThere(each) ? there : skip).push(each);
  return { hold: there.slice(0, Math.max(0, maxPending - held.length)), skip };
}
