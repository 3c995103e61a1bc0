import type { Changes } from '../events/event-log.js';
import type { SnapshotRecord } from '../holdings/snapshot.js';
import { changeSnapshot } from '../holdings/snapshot-states.js';
import type { Transaction } from '../store.js';
import type { SnapshotRemover } from './snapshot-remover.js';

/** Somebody who no longer needs a snapshot; null: there was none. */
export interface FormerHolder {
  readonly run: string;
  readonly generation: string;
  readonly snapshotId: number | null;
}

/**
 * With its last lease and hold a snapshot goes: from this commit on nobody can join it, and its removal begins. Gives the snapshot that
 * nobody holds any more, if there is one.
 */
export async function letGo(
  tx: Transaction,
  { apply }: Changes,
  remover: SnapshotRemover,
  { run, generation, snapshotId }: FormerHolder,
): Promise<SnapshotRecord | null> {
  if (snapshotId === null) return null;
  if ((await tx.leases.countHolding(snapshotId)) > 0) return null;
  if ((await tx.consumers.countHolding(snapshotId)) > 0) return null;
  const snapshot = await tx.snapshots.find(run, generation);
  if (snapshot === null || snapshot.id !== snapshotId) return null;
  if (!(await changeSnapshot(tx, snapshotId, 'ready', 'condemned'))) return null;
  const condemned: SnapshotRecord = { ...snapshot, state: 'deleting' };
  apply(() => remover.condemn(condemned));
  return condemned;
}
