import type { Transaction } from '../store.js';
import type { SnapshotState } from './snapshot.js';

/** What may happen to a snapshot. `erased`: nothing of its tree is left. */
export type SnapshotEvent = 'published' | 'condemned' | 'erased';

/** The state in which each event leaves a snapshot. Null: the event must not happen then, and changes nothing. */
export const SNAPSHOT_STATES: Readonly<
  Record<SnapshotState, Readonly<Record<SnapshotEvent, SnapshotState | 'removed' | null>>>
> = {
  // One that is given up stays `building` until nothing of it is left, so that a restart knows that it was never whole.
  building: { published: 'ready', condemned: null, erased: 'removed' },
  ready: { published: null, condemned: 'deleting', erased: null },
  deleting: { published: null, condemned: null, erased: 'removed' },
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
