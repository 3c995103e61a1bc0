import type { Transaction } from '../store.js';
import type { OwedStep } from './consumer.js';

/** `owed`: nothing protects the step yet. `held`: a snapshot does. `in_flight`: a worker has it. `parked`: delivered too often. */
export type OwedState = 'owed' | 'held' | 'in_flight' | 'parked';

/** What may happen to an owed step. */
export type OwedEvent =
  | 'held'
  | 'hold_lost'
  | 'delivered'
  | 'acknowledged'
  /** Its delivery ended without an acknowledgement, and its hold is there, or is not. */
  | 'returned_held'
  | 'returned_unheld'
  | 'parked'
  /** Mode `latest`: a newer step was yielded. */
  | 'superseded'
  /** The trainer deleted the step. */
  | 'deleted'
  /** Its hold was given up for want of space. */
  | 'gave_way';

type After = OwedState | 'removed' | null;

const NOTHING: Readonly<Record<OwedEvent, null>> = {
  held: null,
  hold_lost: null,
  delivered: null,
  acknowledged: null,
  returned_held: null,
  returned_unheld: null,
  parked: null,
  superseded: null,
  deleted: null,
  gave_way: null,
};

/** The state in which each event leaves an owed step. Null: the event comes at a time at which it changes nothing. */
export const OWED_STATES: Readonly<Record<OwedState, Readonly<Record<OwedEvent, After>>>> = {
  owed: {
    ...NOTHING,
    held: 'held',
    delivered: 'in_flight',
    superseded: 'removed',
    deleted: 'removed',
    gave_way: 'removed',
  },
  // A step that is held can be delivered, whether its original was deleted or not.
  held: {
    ...NOTHING,
    hold_lost: 'owed',
    delivered: 'in_flight',
    superseded: 'removed',
    gave_way: 'removed',
  },
  in_flight: {
    ...NOTHING,
    hold_lost: 'in_flight',
    acknowledged: 'removed',
    returned_held: 'held',
    returned_unheld: 'owed',
    parked: 'parked',
    superseded: 'removed',
  },
  parked: NOTHING,
};

export function owedStateOf({ snapshotId, leaseNumber, parkedAt }: OwedStep): OwedState {
  if (parkedAt !== null) return 'parked';
  if (leaseNumber !== null) return 'in_flight';
  return snapshotId === null ? 'owed' : 'held';
}

/** How a delivery ended that leaves the step as it is given. */
export function returnOf(after: OwedStep): OwedEvent {
  if (after.parkedAt !== null) return 'parked';
  return after.snapshotId === null ? 'returned_unheld' : 'returned_held';
}

/**
 * Writes down what happened to an owed step; false: the row is gone by now, or the event changes nothing in the step's state.
 *
 * @param after the step as the event leaves it; null for an event that removes the step.
 */
export async function changeOwed(
  tx: Transaction,
  before: OwedStep,
  event: OwedEvent,
  after: OwedStep | null = null,
): Promise<boolean> {
  const to = OWED_STATES[owedStateOf(before)][event];
  if (to === null) return false;
  if (to === 'removed') return tx.consumers.removeOwed(before);
  if (after === null || owedStateOf(after) !== to)
    throw new Error(`an owed step that was ${event} must become ${to}`);
  return tx.consumers.putOwed(after);
}
