import type { FileSystem } from '../file-system.js';
import { DEFAULT_RUN, NAME } from '../names.js';
import type { RunRecord } from '../runs/run.js';
import { DEFAULT_RUN_OPTIONS, type RunOptions } from '../runs/run-options.js';
import { snapshotDirectoryOf } from '../snapshots/snapshot-paths.js';
import { StorageError } from '../storage-error.js';

export interface RootRequest {
  /** Absolute. */
  readonly root: string;
  /** Null: a run of that directory, or one named after it. */
  readonly run: string | null;
  readonly snapshotDirectory: string | null;
}

/**
 * The runs that checkpoint roots mean: the known run of the directory, else a new one. A root without a snapshot directory stands for those
 * of its direct subdirectories that have one.
 *
 * @throws StorageError where there is nothing to take over, or no name for the run.
 */
export async function runsOf(
  files: FileSystem,
  known: readonly RunRecord[],
  request: RootRequest,
  now: number,
): Promise<readonly RunRecord[]> {
  const { root, run, snapshotDirectory } = request;
  const own = await runOf(files, known, { root, run, snapshotDirectory }, now);
  if (own !== null) return [own];
  const listing = run === null && snapshotDirectory === null ? await files.list(root, null) : null;
  const found: RunRecord[] = [];
  for (const name of listing?.outcome === 'listed' ? [...listing.directories].sort() : []) {
    const request = { root: `${root}/${name}`, run: null, snapshotDirectory: null };
    const below = await runOf(files, [...known, ...found], request, now);
    if (below !== null) found.push(below);
  }
  if (found.length > 0) return found;
  throw new StorageError(
    'io',
    `neither ${root} nor a directory in it has a snapshot directory with an owner mark: there is nothing to take over; ` +
      'name a checkpoint root, or its --snapshot-dir',
  );
}

async function runOf(
  files: FileSystem,
  known: readonly RunRecord[],
  { root, run, snapshotDirectory }: RootRequest,
  now: number,
): Promise<RunRecord | null> {
  const { realPath } = await files.locate(root);
  if (realPath === null) return null;
  const existing = known.find((each) => each.directory === root || each.realPath === realPath);
  if (existing !== undefined) {
    const directory = snapshotDirectory ?? snapshotDirectoryOf(existing);
    return (await files.snapshots.mark(directory)) === null ? null : existing;
  }
  const options = await optionsFor(files, root, snapshotDirectory);
  if (options === null) return null;
  const name = run ?? freeName(known, root);
  const taken = known.find((each) => each.name === name);
  if (taken !== undefined)
    throw new StorageError(
      'io',
      `run "${name}" has the directory ${taken.directory} already; give another --run`,
    );
  const ended = { finishedAt: null, finishReason: null, unavailableSince: null, createdBy: null };
  return { name, directory: root, realPath, options, ...ended, createdAt: now };
}

/** Null: no directory there has a mark. */
async function optionsFor(
  files: FileSystem,
  root: string,
  snapshotDirectory: string | null,
): Promise<RunOptions | null> {
  const isMarked = async (directory: string) => (await files.snapshots.mark(directory)) !== null;
  if (snapshotDirectory !== null)
    return (await isMarked(snapshotDirectory)) ? { ...DEFAULT_RUN_OPTIONS, snapshotDirectory } : null;
  if (await isMarked(`${root}/_STEPLEASE`)) return DEFAULT_RUN_OPTIONS;
  return (await isMarked(`${root}/_SNAPSHOTS`)) ? { ...DEFAULT_RUN_OPTIONS, snapshotLayout: 'orbax' } : null;
}

/** "default" for the first run, as `serve DIR` has it; for others the directory's name, as far as it may be one. */
function freeName(known: readonly RunRecord[], root: string): string {
  const isFree = (name: string) => NAME.test(name) && known.every((each) => each.name !== name);
  const plain = (root.split('/').at(-1) ?? '').toLowerCase().replaceAll(/[^a-z0-9._-]/g, '-');
  const named = [DEFAULT_RUN, plain, ...Array.from({ length: 98 }, (_, index) => `${plain}-${index + 2}`)];
  const free = named.find(isFree);
  if (free !== undefined) return free;
  throw new StorageError('io', `no name can be made from ${root} for its run; give one with --run`);
}
