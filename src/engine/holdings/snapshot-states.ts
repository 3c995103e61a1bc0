import type { Transaction } from '../store.js';
import type { SnapshotState } from './snapshot.js';

/** What may happen to a snapshot. `given_up`: it was never whole, and cannot be removed at the moment. `erased`: nothing of its tree is left. */
export type SnapshotEvent = 'published' | 'given_up' | 'condemned' | 'erased';

/** The state in which each event leaves a snapshot. Null: the event must not happen then, and changes nothing. */
export const SNAPSHOT_STATES: Readonly<
  Record<SnapshotState, Readonly<Record<SnapshotEvent, SnapshotState | 'removed' | null>>>
> = {
  // One that failed stays `building` until nothing of it is left, so that a restart knows that nobody was told of it. Of one that is given up
  // everybody is told: its end is told, too, whichever process brings it about.
  building: { published: 'ready', given_up: 'deleting', condemned: null, erased: 'removed' },
  ready: { published: null, given_up: null, condemned: 'deleting', erased: null },
  deleting: { published: null, given_up: null, condemned: null, erased: 'removed' },
};

/** Writes down what happened to a snapshot that was in the state `from`; false: it is in another one by now, or gone. */
export async function changeSnapshot(
  tx: Transaction,
  id: number,
  from: SnapshotState,
  event: SnapshotEvent,
): Promise<boolean> {
  const to = SNAPSHOT_STATES[from][event];
  if (to === null) return false;
  return to === 'removed' ? tx.snapshots.remove(id) : tx.snapshots.advance(id, from, to);
}
