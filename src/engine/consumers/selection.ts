import type { OwedStep } from './consumer.js';
import type { ConsumerSettings } from './consumer-options.js';

/** What a choice depends on. Times are on the monotonic clock. */
export interface Situation {
  readonly settings: Pick<ConsumerSettings, 'mode' | 'maxInFlight'>;
  /** By ordinal. */
  readonly owed: readonly OwedStep[];
  /** Mode `latest`: only that step may be offered again, if nothing newer exists. */
  readonly lastYielded: number | null;
  /** Mode `latest`: there is a newer step. */
  readonly hasNewer: boolean;
  readonly nowMs: number;
  /** `minInterval` after the last grant. */
  readonly nextGrantMs: number;
  isClaimed(ordinal: number): boolean;
  dueMs(ordinal: number): number;
}

export type Choice =
  /** To be offered to a worker now. */
  | { readonly kind: 'offer'; readonly owed: OwedStep }
  /** Mode `latest`: the newest step is to be taken up, and then offered. */
  | { readonly kind: 'newer' }
  | {
      readonly kind: 'none';
      /** A step is due, and only the number of deliveries under way holds it back. */
      readonly isLimited: boolean;
      /** Nothing is pending, in flight or delayed: when the run is finished, so is the consumer. */
      readonly isDrained: boolean;
      /** When to look again even if nothing happens; null: no time changes anything. */
      readonly wakeMs: number | null;
    };

/** What a worker that asks now is to get. Pure. */
export function choose(situation: Situation): Choice {
  const { settings, hasNewer, nowMs, nextGrantMs } = situation;
  const open = situation.owed.filter(({ parkedAt }) => parkedAt === null);
  const inFlight = open.filter((owed) => isInFlight(situation, owed)).length;
  const waiting = hasNewer ? [] : open.filter((owed) => isWaiting(situation, owed));
  const none = { kind: 'none', isLimited: false, isDrained: false, wakeMs: null } as const;
  if (!hasNewer && waiting.length === 0) return { ...none, isDrained: inFlight === 0 };
  const due = waiting.filter(({ ordinal }) => situation.dueMs(ordinal) <= nowMs);
  if (!hasNewer && due.length === 0) {
    const wakeMs = Math.min(...waiting.map(({ ordinal }) => situation.dueMs(ordinal)));
    return { ...none, wakeMs: Math.max(wakeMs, nextGrantMs) };
  }
  if (nowMs < nextGrantMs) return { ...none, wakeMs: nextGrantMs };
  if (inFlight >= settings.maxInFlight) return { ...none, isLimited: true };
  const [owed] = due;
  return owed === undefined ? { kind: 'newer' } : { kind: 'offer', owed };
}

/** Steps that are still to be yielded, in order, as far as they are owed already; one that is being granted is still to be. */
export function pendingOf(situation: Situation): readonly OwedStep[] {
  return situation.owed.filter(
    (owed) => owed.parkedAt === null && owed.leaseNumber === null && !isSuperseded(situation, owed),
  );
}

function isInFlight(situation: Situation, { leaseNumber, ordinal }: OwedStep): boolean {
  return leaseNumber !== null || situation.isClaimed(ordinal);
}

function isWaiting(situation: Situation, owed: OwedStep): boolean {
  return !isInFlight(situation, owed) && !isSuperseded(situation, owed);
}

/** Of mode `latest` nothing is delivered, first or again, once something newer was yielded. */
export function isSuperseded(
  { settings, lastYielded }: Pick<Situation, 'settings' | 'lastYielded'>,
  { step }: OwedStep,
): boolean {
  return settings.mode === 'latest' && step < (lastYielded ?? 0);
}
