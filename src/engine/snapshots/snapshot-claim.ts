import type { SnapshotRecord } from '../holdings/snapshot.js';
import type { WatchedRun } from '../runs/watched-run.js';
import type { Transaction } from '../store.js';
import type { Original } from './original.js';
import type { SnapshotBuilder } from './snapshot-builder.js';

/** How somebody who needs the snapshot of a generation comes to it. */
export type SnapshotClaim =
  | { readonly role: 'sharer'; readonly snapshot: SnapshotRecord }
  /** Whoever claimed it has to begin the build, once the transaction is committed. */
  | { readonly role: 'builder'; readonly snapshot: SnapshotRecord }
  | { readonly role: 'joiner'; readonly snapshot: SnapshotRecord; readonly build: Promise<SnapshotRecord> }
  /** It is being removed, or undone: it is never joined. */
  | { readonly role: 'late' };

/** Within the transaction that makes the claimant one of its holders. */
export async function claimSnapshot(
  tx: Transaction,
  builder: SnapshotBuilder,
  run: WatchedRun,
  original: Original,
): Promise<SnapshotClaim> {
  const existing = await tx.snapshots.find(run.name, original.entry.generation);
  if (existing === null) {
    const mode = run.record.options.snapshotMode;
    if (mode === 'none') throw new Error('mode none has no snapshots');
    return { role: 'builder', snapshot: await builder.reserve(tx, run, original, mode) };
  }
  if (existing.state === 'ready') return { role: 'sharer', snapshot: existing };
  // Taken now: a build may end, and be forgotten, before the transaction is known to be committed.
  const build = existing.state === 'building' ? builder.underWay(existing.id) : null;
  return build === null ? { role: 'late' } : { role: 'joiner', snapshot: existing, build };
}
