import type { SnapshotRecord } from '../holdings/snapshot.js';
import type { RunRecord } from '../runs/run.js';

export const TEMPORARY_PREFIX = '.tmp-';
export const TRASH_PREFIX = '.trash-';

/** A generation of three parts, or four where it was changed in place, and the snapshot's number, which older versions left out. */
const PUBLISHED = /^[0-9a-z]+(?:-[0-9a-z]+){2,3}(?:\.[0-9]+)?$/;

export function snapshotDirectoryOf({ directory, options }: RunRecord): string {
  const { snapshotDirectory, snapshotLayout } = options;
  return snapshotDirectory ?? `${directory}/${snapshotLayout === 'orbax' ? '_SNAPSHOTS' : '_STEPLEASE'}`;
}

/**
 * Where the snapshot of a generation is published. In layout `generation` its number, which is never used again, is part of the path: no
 * path ever means two trees, so whoever was stopped while he removed one cannot destroy a later one when he goes on.
 */
export function snapshotPath(record: RunRecord, generation: string, stepName: string, id: number): string {
  const contended = contendedPath(record, stepName);
  return contended ?? `${snapshotDirectoryOf(record)}/${generation}.${id}/${stepName}`;
}

/** The path that every snapshot of a step's name shares in layout `orbax`; null in layout `generation`, where none does. */
export function contendedPath(record: RunRecord, stepName: string): string | null {
  return record.options.snapshotLayout === 'orbax' ? `${snapshotDirectoryOf(record)}/${stepName}` : null;
}

/** The entry of the snapshot directory that is published, with the step's tree in it, or, in layout `orbax`, as the step's tree. */
export function publishedNameOf({ snapshotDirectory, path }: SnapshotRecord): string {
  const below = path.slice(snapshotDirectory.length + 1);
  return below.split('/')[0] ?? below;
}

/** Whether an entry of a snapshot directory in layout `generation` has a name that we publish under, or did when names had no number. */
export function isPublishedName(name: string): boolean {
  return PUBLISHED.test(name);
}

/** The number in the name of a published, temporary or removed entry; null when there is none. */
export function publishedNumber(name: string): number | null {
  const [, digits] = /^(?:[0-9a-z]+(?:-[0-9a-z]+){2,3}\.|\.tmp-|\.trash-)([0-9]{1,15})$/.exec(name) ?? [];
  return digits === undefined ? null : Number(digits);
}

/** Never used twice, so that what is still being erased cannot be in the way. */
export function temporaryName(snapshotId: number): string {
  return `${TEMPORARY_PREFIX}${snapshotId}`;
}

export function trashName(snapshotId: number): string {
  return `${TRASH_PREFIX}${snapshotId}`;
}
