import { RunGlobs } from '../access/run-globs.js';
import type { SnapshotFiles } from '../file-system.js';
import type { SnapshotRecord } from '../holdings/snapshot.js';
import type { RunRecord } from '../runs/run.js';
import {
  isPublishedName,
  publishedNameOf,
  publishedNumber,
  snapshotDirectoryOf,
} from '../snapshots/snapshot-paths.js';
import type { Store } from '../store.js';

export type HoldingRows = Pick<Store, 'runs' | 'snapshots' | 'leases'>;

/** Something in which a database and the snapshot directories differ. `isBad`: promises are broken, or would be. */
export interface Disagreement {
  readonly subject: string;
  readonly detail: string;
  readonly isBad: boolean;
}

interface Held {
  readonly runs: readonly RunRecord[];
  readonly snapshots: readonly SnapshotRecord[];
  readonly lastId: number;
}

/**
 * Compares what the rows say with what lies on the disk, as far as it can be read, and changes nothing. A server may be at work meanwhile:
 * only what the rows say before and after the look counts.
 *
 * @param owner the store's id.
 */
export async function disagreements(
  rows: HoldingRows,
  files: SnapshotFiles,
  owner: string,
): Promise<readonly Disagreement[]> {
  const before = await read(rows);
  const found: ((after: Held) => Disagreement | null)[] = [];
  for (const snapshot of before.snapshots.filter(({ state }) => state === 'ready'))
    found.push(await lookAtSnapshot(files, snapshot));
  const directories = new Set([
    ...before.runs.map(snapshotDirectoryOf),
    ...before.snapshots.map(({ snapshotDirectory }) => snapshotDirectory),
  ]);
  for (const directory of directories) found.push(...(await lookAtDirectory(files, directory, owner)));
  found.push(...(await lookAtLeases(rows)));
  const after = await read(rows);
  return found.flatMap((judge) => judge(after) ?? []);
}

async function read(rows: HoldingRows): Promise<Held> {
  const lastId = await rows.snapshots.lastId();
  return { runs: await rows.runs.list(), snapshots: await rows.snapshots.list(), lastId };
}

async function lookAtSnapshot(files: SnapshotFiles, snapshot: SnapshotRecord) {
  const subject = snapshot.path;
  try {
    if (await files.occupied(snapshot.path)) return () => null;
  } catch (error) {
    return always(unreadable(subject, error));
  }
  const detail =
    'the database says that a snapshot is there, and it is not: its leases end as lost at the next look';
  const isStill = ({ id, state }: SnapshotRecord) => id === snapshot.id && state === 'ready';
  return (after: Held) => (after.snapshots.some(isStill) ? { subject, detail, isBad: true } : null);
}

async function lookAtDirectory(files: SnapshotFiles, directory: string, owner: string) {
  try {
    const marked = await files.owner(directory);
    if (marked === null) return [];
    if (marked !== owner) return [always(belongsToAnother(directory, marked))];
    return (await files.entries(directory)).map((name) => judgeEntry(directory, name));
  } catch (error) {
    return [always(unreadable(directory, error))];
  }
}

function judgeEntry(directory: string, name: string): (after: Held) => Disagreement | null {
  const subject = `${directory}/${name}`;
  const number = publishedNumber(name);
  return (after) => {
    if (number === null) return null;
    if (number > after.lastId)
      return {
        subject,
        detail: `its number ${number} is greater than the last that the database knows (${after.lastId}): the file is older than the directory; "steplease db rebuild" keeps what lies there and goes on above it`,
        isBad: true,
      };
    const isKnown = after.snapshots.some(
      (snapshot) => snapshot.snapshotDirectory === directory && publishedNameOf(snapshot) === name,
    );
    if (isKnown) return null;
    return { subject, detail: 'no row knows it: the next start removes it', isBad: false };
  };
}

async function lookAtLeases({ leases, snapshots }: HoldingRows) {
  const known = new Set((await snapshots.list()).map(({ id }) => id));
  const active = await leases.list({
    runs: RunGlobs.everything,
    state: 'active',
    step: null,
    after: 0,
    limit: 100_000,
  });
  return active
    .filter(({ snapshotId }) => snapshotId !== null && !known.has(snapshotId))
    .map(
      ({ number, snapshotId, path }) =>
        // A snapshot that a server made after its row was looked for is among the rows afterwards.
        (after: Held) =>
          after.snapshots.some(({ id }) => id === snapshotId)
            ? null
            : {
                subject: `lease ${number}`,
                detail: `it is active, and no row knows its snapshot ${path}`,
                isBad: true,
              },
    );
}

function belongsToAnother(subject: string, marked: string): Disagreement {
  const detail = `it belongs to another database (store ${marked}): no lease can be granted there; if that database is gone, "steplease db adopt ROOT" takes it over`;
  return { subject, detail, isBad: true };
}

function unreadable(subject: string, error: unknown): Disagreement {
  const reason = error instanceof Error ? error.message : String(error);
  return { subject, detail: `it cannot be looked at: ${reason}`, isBad: false };
}

function always(disagreement: Disagreement): () => Disagreement {
  return () => disagreement;
}

/** An entry of our own directories with a number that the database never gave: the database is older than they are. Null: none. */
export async function entryAhead(
  rows: HoldingRows,
  files: SnapshotFiles,
  owner: string,
): Promise<string | null> {
  const { runs, lastId } = await read(rows);
  for (const directory of new Set(runs.map(snapshotDirectoryOf))) {
    const marked = await files.owner(directory).catch(() => null);
    if (marked !== owner) continue;
    const names = await files.entries(directory).catch(() => []);
    const ahead = names.find((name) => isPublishedName(name) && (publishedNumber(name) ?? 0) > lastId);
    if (ahead !== undefined) return `${directory}/${ahead}`;
  }
  return null;
}
