import type { Transaction } from '../store.js';
import type { EndedState, LeaseState } from './lease.js';

/** What may happen to a lease. */
export type LeaseEvent = 'granted' | 'renewed' | 'abandoned' | EndedState;

type After = LeaseState | 'removed' | null;

const ENDED: Readonly<Record<LeaseEvent, null>> = {
  granted: null,
  renewed: null,
  abandoned: null,
  released: null,
  expired: null,
  broken: null,
  lost: null,
};

/** The state in which each event leaves a lease. Null: the event comes at a time at which it changes nothing. */
export const LEASE_STATES: Readonly<Record<LeaseState, Readonly<Record<LeaseEvent, After>>>> = {
  pending: { ...ENDED, granted: 'active', abandoned: 'removed' },
  active: {
    granted: null,
    renewed: 'active',
    abandoned: null,
    released: 'released',
    expired: 'expired',
    broken: 'broken',
    lost: 'lost',
  },
  released: ENDED,
  expired: ENDED,
  broken: ENDED,
  lost: ENDED,
};

type LeaseChange = Parameters<Transaction['leases']['update']>[2];

/**
 * Writes down what happened to a lease that was in the state `from`; false: it is in another one by now, or the event changes nothing
 * in that state.
 */
export async function changeLease(
  tx: Transaction,
  number: number,
  from: LeaseState,
  event: LeaseEvent,
  change: Omit<LeaseChange, 'state'> = {},
): Promise<boolean> {
  const to = LEASE_STATES[from][event];
  if (to === null) return false;
  if (to === 'removed') return tx.leases.remove(number);
  return tx.leases.update(number, from, { ...change, state: to });
}
