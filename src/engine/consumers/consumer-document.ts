import type { ConsumerDocument, ConsumerResultDocument } from '../documents.js';
import type { LiveHoldings } from '../holdings/live-holdings.js';
import type { TrackedStep } from '../steps/tracked-step.js';
import { isoTime, seconds } from '../units.js';
import type { Acknowledgement } from './consumer.js';
import type { LiveConsumer } from './live-consumer.js';
import { pendingOf, type Situation } from './selection.js';

export interface ConsumerFacts {
  readonly situation: Situation;
  /** Mode `latest`: the newest step that was not yielded yet. */
  readonly newest: TrackedStep | null;
  readonly lastAcknowledged: Acknowledgement | null;
  readonly holdings: LiveHoldings;
}

export function describeConsumer(consumer: LiveConsumer, facts: ConsumerFacts): ConsumerDocument {
  const { name, run, settings, createdAt } = consumer.record;
  const newest = facts.newest?.entry.step ?? null;
  const pending = newest === null ? pendingOf(facts.situation).map(({ step }) => step) : [newest];
  const owed = consumer.owed();
  return {
    name,
    run,
    mode: settings.mode,
    start: settings.start,
    every_k: settings.everyK,
    min_interval: seconds(settings.minIntervalMs),
    max_pending: settings.maxPending,
    max_in_flight: settings.maxInFlight,
    max_deliver: settings.maxDeliver,
    ttl: seconds(settings.ttlMs),
    created_at: isoTime(createdAt),
    last_acked_step: facts.lastAcknowledged?.step ?? null,
    pending,
    in_flight: owed.flatMap(({ step, leaseNumber: number, attempts: attempt }) => {
      if (number === null) return [];
      return [{ step, number, attempt, holder: facts.holdings.active(number)?.record.holder ?? null }];
    }),
    parked: owed.flatMap(({ step, generation, attempts, parkedAt }) =>
      parkedAt === null ? [] : [{ step, generation, attempts, parked_at: isoTime(parkedAt) }],
    ),
    lag: pending.length,
    last_error: consumer.lastError,
  };
}

export function describeResult({
  step,
  generation,
  ackedAt,
  attempts,
  result,
}: Acknowledgement): ConsumerResultDocument {
  return { step, generation, acked_at: isoTime(ackedAt), attempts, result };
}
