import type { OwedStep } from '../../../src/engine/consumers/consumer.js';
import type { ConsumerMode } from '../../../src/engine/consumers/consumer-options.js';
import type { Situation } from '../../../src/engine/consumers/selection.js';

/** The step 10 times its ordinal. */
export function owed(ordinal: number, change: Partial<OwedStep> = {}): OwedStep {
  return {
    run: 'r',
    consumer: 'c',
    ordinal,
    step: ordinal * 10,
    stepName: String(ordinal * 10),
    generation: `g${ordinal}`,
    snapshotId: null,
    leaseNumber: null,
    attempts: 0,
    notBefore: null,
    parkedAt: null,
    ...change,
  };
}

export interface SituationChange {
  readonly mode?: ConsumerMode;
  readonly owed: readonly OwedStep[];
  readonly claimed?: readonly number[];
  readonly dueMs?: Readonly<Record<number, number>>;
  readonly maxInFlight?: number;
  readonly nextGrantMs?: number;
  readonly lastYielded?: number | null;
  readonly hasNewer?: boolean;
}

/** At 100 ms. */
export function situation(change: SituationChange): Situation {
  const { mode = 'every', maxInFlight = 1, claimed = [], dueMs = {} } = change;
  return {
    settings: { mode, maxInFlight },
    owed: change.owed,
    lastYielded: change.lastYielded ?? null,
    hasNewer: change.hasNewer ?? false,
    nowMs: 100,
    nextGrantMs: change.nextGrantMs ?? Number.NEGATIVE_INFINITY,
    isClaimed: (ordinal) => claimed.includes(ordinal),
    dueMs: (ordinal) => dueMs[ordinal] ?? Number.NEGATIVE_INFINITY,
  };
}
