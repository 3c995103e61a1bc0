import type { SnapshotMode } from '../file-system.js';

export const SNAPSHOT_LAYOUTS = ['generation', 'orbax'] as const;
export type SnapshotLayout = (typeof SNAPSHOT_LAYOUTS)[number];

/**
 *     building ──tree complete, verified, renamed into place──▶ ready ──last lease and hold gone──▶ deleting ──▶ (row removed)
 *        ├── the step vanished, an error, or a crash ──▶ (row removed, files with it)
 *        └── so, and its files cannot be removed ──▶ deleting
 *
 * `ready` is the only state in which a new lease joins at once; one that is building is joined by waiting for it; one that is
 * deleting is never joined.
 */
export type SnapshotState = 'building' | 'ready' | 'deleting';

export interface SnapshotRecord {
  readonly id: number;
  readonly run: string;
  readonly generation: string;
  readonly step: number;
  /** The step directory's name. */
  readonly stepName: string;
  readonly state: SnapshotState;
  readonly mode: Exclude<SnapshotMode, 'none'>;
  readonly layout: SnapshotLayout;
  /** The owned directory that holds it. */
  readonly snapshotDirectory: string;
  /** What a holder reads. Its first entry below the snapshot directory is what was published. */
  readonly path: string;
  /** Of the inventory; decides after a restart whether it is still whole. */
  readonly digest: string;
  readonly sizeBytes: number;
  readonly fileCount: number;
  readonly createdAt: number;
}

/** A snapshot that gets its number when its row is inserted. */
export interface SnapshotDraft extends Omit<SnapshotRecord, 'id' | 'path'> {
  readonly pathOf: (id: number) => string;
}
