import type { StepDocument } from '../documents.js';
import type { Holdings } from '../holdings/holdings.js';
import type { SnapshotRecord } from '../holdings/snapshot.js';
import { isoTime } from '../units.js';
import { describeReason, type StepEntry } from './step.js';

export interface StepOwner {
  readonly name: string;
  readonly realPath: string;
  readonly record: { readonly directory: string };
}

export function describeStep(run: StepOwner, entry: StepEntry, holdings: Holdings): StepDocument {
  const snapshot = entry.generation === null ? null : holdings.snapshot(run.name, entry.generation);
  return {
    run: run.name,
    step: entry.step,
    name: entry.name,
    generation: entry.generation,
    state: entry.state,
    reason: describeReason(entry),
    path: `${run.record.directory}/${entry.name}`,
    relative_path: entry.name,
    committed_at: entry.committedAt === null ? null : isoTime(entry.committedAt),
    init_at: entry.initAt === null ? null : isoTime(entry.initAt),
    items: entry.items,
    metrics: entry.metrics,
    custom_metadata: entry.customMetadata,
    size_bytes: entry.sizeBytes,
    file_count: entry.fileCount,
    leases: entry.generation === null ? 0 : holdings.activeLeases(run.name, entry.generation),
    snapshot: snapshot === null ? null : describeSnapshot(run, snapshot, entry.state === 'finalized'),
  };
}

function describeSnapshot(
  run: StepOwner,
  snapshot: SnapshotRecord,
  originalExists: boolean,
): NonNullable<StepDocument['snapshot']> {
  return {
    path: snapshot.path,
    relative_path: relativePath(run.record.directory, snapshot.path),
    mode: snapshot.mode,
    created_at: isoTime(snapshot.createdAt),
    retained_bytes: retainedBytes(snapshot, originalExists),
  };
}

/** Disk space that only the snapshot keeps occupied: links and clones cost nothing while the original is there. */
export function retainedBytes(snapshot: SnapshotRecord, originalExists: boolean): number {
  return snapshot.mode !== 'copy' && originalExists ? 0 : snapshot.sizeBytes;
}

/** Null for a path outside the run's directory. */
export function relativePath(directory: string, path: string): string | null {
  return path.startsWith(`${directory}/`) ? path.slice(directory.length + 1) : null;
}
