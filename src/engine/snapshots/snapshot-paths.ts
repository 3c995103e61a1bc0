import type { RunRecord } from '../runs/run.js';

/** Where a generation's snapshot lives, and under which names it is built and thrown away. */
export interface SnapshotPaths {
  readonly snapshotDirectory: string;
  /** Entry of the snapshot directory; null: the step's tree itself is published under its own name. */
  readonly publishedName: string | null;
  /** What a holder reads. */
  readonly path: string;
}

export const TEMPORARY_PREFIX = '.tmp-';
export const TRASH_PREFIX = '.trash-';

export function snapshotDirectoryOf(record: RunRecord): string {
  const { snapshotDirectory, snapshotLayout } = record.options;
  return (
    snapshotDirectory ?? `${record.directory}/${snapshotLayout === 'orbax' ? '_SNAPSHOTS' : '_STEPLEASE'}`
  );
}

export function snapshotPaths(record: RunRecord, generation: string, stepName: string): SnapshotPaths {
  const snapshotDirectory = snapshotDirectoryOf(record);
  return record.options.snapshotLayout === 'orbax'
    ? { snapshotDirectory, publishedName: null, path: `${snapshotDirectory}/${stepName}` }
    : {
        snapshotDirectory,
        publishedName: generation,
        path: `${snapshotDirectory}/${generation}/${stepName}`,
      };
}

/** Never used twice, so that what is still being erased cannot be in the way. */
export function temporaryName(snapshotId: number): string {
  return `${TEMPORARY_PREFIX}${snapshotId}`;
}

export function trashName(snapshotId: number): string {
  return `${TRASH_PREFIX}${snapshotId}`;
}
