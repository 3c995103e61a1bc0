import type { EventDraft } from '../events/event.js';
import type { OwedStep } from './consumer.js';

/** Why a step is never delivered. */
export type SkipReason = 'deleted' | 'disk';

const DETAIL: Readonly<Record<SkipReason, string>> = {
  deleted:
    'it was deleted, or changed in place, before it could be held: what was changed comes back as a new generation',
  disk: 'its hold gave way: less than min_free_bytes are free',
};

export function skippedEvent(owed: OwedStep, reason: SkipReason, time: number): EventDraft {
  return eventOf(owed, 'consumer.skipped', time, { reason, detail: DETAIL[reason] });
}

export function parkedEvent(owed: OwedStep, time: number): EventDraft {
  const detail = `it was delivered ${owed.attempts} times and never acknowledged`;
  return eventOf(owed, 'consumer.parked', time, { reason: 'max_deliver', detail });
}

function eventOf(
  { run, consumer, step, generation, attempts }: OwedStep,
  type: 'consumer.skipped' | 'consumer.parked',
  time: number,
  why: { readonly reason: string; readonly detail: string },
): EventDraft {
  return { run, type, subject: consumer, time, data: { run, consumer, step, generation, attempts, ...why } };
}
