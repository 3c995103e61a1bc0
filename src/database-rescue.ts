import { resolve } from 'node:path';
import { openFileSystem } from './adapters/filesystem/node-file-system.js';
import { conditionOf } from './adapters/sqlite/condition.js';
import { realFile } from './adapters/sqlite/database-file.js';
import { formerStores } from './adapters/sqlite/former-stores.js';
import { originOf } from './adapters/sqlite/mark-origin.js';
import { claimDatabase, isDatabaseOwned } from './adapters/sqlite/ownership.js';
import { beginReplacement, beginReplacementFrom, placeReplacement } from './adapters/sqlite/replacement.js';
import { type SalvagedTokens, salvage } from './adapters/sqlite/salvage.js';
import { openSqliteStore } from './adapters/sqlite/sqlite-store.js';
import { systemClock as clock } from './adapters/system-clock.js';
import type { Rescue, RescueRequest, TakenDirectory } from './cli/database/database-care.js';
import type { TokenWriter } from './engine/access/token.js';
import { EventLog } from './engine/events/event-log.js';
import type { FileSystem } from './engine/file-system.js';
import { silentObserver } from './engine/observer.js';
import type { RunRecord } from './engine/runs/run.js';
import { snapshotDirectoryOf } from './engine/snapshots/snapshot-paths.js';
import { StorageError } from './engine/storage-error.js';
import { judgeFormerOwner, type Surroundings } from './engine/upkeep/former-owner.js';
import { runsOf } from './engine/upkeep/rescue-runs.js';
import { putRun, writeDownSnapshots } from './engine/upkeep/takeover.js';

/**
 * Brings a database back, or has it take over directories, in an order that makes a kill harmless at any point:
 * 1. nothing is changed before it is known that no other server works in any of the directories;
 * 2. where the file must be replaced, its successor is made beside it, with its runs, and put in its place;
 * 3. for each directory, what lies there is written down; 4. then its mark is replaced, 5. and what came meanwhile is written down, too.
 * Until 4 the directory is another's, and nothing in it is touched. A repeated call finds what was done and goes on.
 */
export async function rescue(request: RescueRequest): Promise<Rescue> {
  const file = realFile(request.file);
  const release = claimDatabase(file);
  const files = openFileSystem({ clock, origin: originOf(file) });
  try {
    const { runs, kept } = await prepare(file, request, files).finally(release);
    return { kept, directories: await takeOver(file, request, files, runs) };
  } finally {
    await files.close();
  }
}

async function prepare(file: string, request: RescueRequest, files: FileSystem) {
  const { mode, backup, roots, run, snapshotDirectory } = request;
  const source = backup ?? file;
  const condition = mode === 'adopt' ? 'whole' : await conditionOf(source, files.snapshots);
  if (mode === 'restore' && condition !== 'whole' && condition !== 'behind')
    throw new StorageError(
      'corrupt',
      `${source} is no whole database of steplease: it cannot be restored; try another backup`,
    );
  const { storeId, runs: known, tokens } = await salvage(source);
  const named: RunRecord[] = [];
  for (const root of roots)
    named.push(
      ...(await runsOf(
        files,
        [...known, ...named],
        { root: resolve(root), run, snapshotDirectory },
        clock.now(),
      )),
    );
  const runs =
    mode === 'adopt'
      ? named
      : [...known, ...named.filter(({ name }) => known.every((each) => each.name !== name))];
  const ended = [...(storeId === null ? [] : [storeId]), ...(await formerStores(file))];
  const surroundings = { here: originOf(file), ended, isRunning: isDatabaseOwned };
  for (const each of runs)
    await refuseAlive(files, each, surroundings, request.isOwnerGone, named.includes(each));
  if (mode === 'restore' || condition === 'behind')
    return {
      runs,
      kept: await placeReplacement(file, await beginReplacementFrom(file, source, clock), clock.now()),
    };
  if (condition === 'whole') return { runs, kept: null };
  const working = await beginReplacement(file);
  const store = await openSqliteStore({ file: working, clock });
  await store.write(async (tx) => {
    for (const each of runs) await tx.runs.put(each);
    await putTokens(tx.tokens, tokens);
  });
  await store.close();
  return { runs, kept: await placeReplacement(file, working, clock.now()) };
}

/** Where there was one and none is left to use, a revoked one keeps the server closed. */
async function putTokens(table: TokenWriter, { live, haveExisted }: SalvagedTokens): Promise<void> {
  for (const token of live) await table.insert(token);
  if (!haveExisted || live.length > 0) return;
  const now = clock.now();
  const revoked = { name: 'lost', digest: '', createdAt: now, expiresAt: null, lastUsedAt: null };
  await table.insert({ ...revoked, scope: 'read', runs: [] });
  await table.revoke(revoked.name, revoked.digest, now);
}

async function refuseAlive(
  files: FileSystem,
  record: RunRecord,
  surroundings: Surroundings,
  isOwnerGone: boolean,
  isNamed: boolean,
): Promise<void> {
  const directory = snapshotDirectoryOf(record);
  const mark = await files.snapshots.mark(directory);
  if (mark === null) return;
  const { state, detail } = judgeFormerOwner(mark, surroundings);
  if (state === 'alive')
    throw new StorageError('io', `${directory} is in use: ${detail}; stop that server first, or use it`);
  // A server that only stands still for a while keeps its directories, unless the operator names them.
  if (!isOwnerGone && (state === 'unknown' || (state === 'idle' && !isNamed)))
    throw new StorageError(
      'io',
      `${directory} may be another server's: ${detail}; make sure that none will work there any more, then repeat this with --owner-is-gone`,
    );
}

async function takeOver(
  file: string,
  { ttlMs }: RescueRequest,
  files: FileSystem,
  runs: readonly RunRecord[],
): Promise<readonly TakenDirectory[]> {
  const store = await openSqliteStore({ file, clock });
  try {
    const ports = { store, files, clock, log: await EventLog.open(store, clock, silentObserver) };
    const taken: TakenDirectory[] = [];
    for (const record of runs) {
      const directory = snapshotDirectoryOf(record);
      await putRun(ports, record);
      const mark = await files.snapshots.mark(directory);
      if (mark === null) continue;
      await writeDownSnapshots(ports, record, directory, ttlMs);
      if (!(await files.snapshots.takeOver(directory, mark.store, store.id)))
        throw new StorageError(
          'io',
          `the mark of ${directory} was changed meanwhile: another server is at work there`,
        );
      const snapshots = await writeDownSnapshots(ports, record, directory, ttlMs);
      taken.push({ run: record.name, directory, snapshots });
    }
    return taken;
  } finally {
    await store.close();
  }
}
