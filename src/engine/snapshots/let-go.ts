import type { SnapshotRecord } from '../holdings/snapshot.js';
import type { Transaction } from '../store.js';

/** Somebody who no longer needs a snapshot; null: there was none. */
export interface FormerHolder {
  readonly run: string;
  readonly generation: string;
  readonly snapshotId: number | null;
}

/**
 * With its last lease and hold a snapshot goes: from this commit on nobody can join it. Gives the snapshot that nobody holds any more,
 * to be condemned once it is committed.
 */
export async function letGo(
  tx: Transaction,
  { run, generation, snapshotId }: FormerHolder,
): Promise<SnapshotRecord | null> {
  if (snapshotId === null) return null;
  if ((await tx.leases.countHolding(snapshotId)) > 0) return null;
  if ((await tx.consumers.countHolding(snapshotId)) > 0) return null;
  const snapshot = await tx.snapshots.find(run, generation);
  if (snapshot === null || snapshot.id !== snapshotId || snapshot.state !== 'ready') return null;
  await tx.snapshots.update(snapshot.id, { state: 'deleting' });
  return { ...snapshot, state: 'deleting' };
}
