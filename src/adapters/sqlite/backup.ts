import { link, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { StorageError } from '../../engine/storage-error.js';
import { Database } from './better-sqlite3.js';
import { realFile } from './database-file.js';
import { openDatabaseReader } from './database-reader.js';
import { integrityProblems } from './integrity.js';
import { storageFault } from './storage-faults.js';

/** Pages copied between two turns of the event loop: 4 MiB. */
const PAGES_PER_STEP = 1024;

export interface Backup {
  readonly file: string;
  readonly bytes: number;
  readonly storeId: string | null;
  readonly lastEvent: number;
}

/**
 * Copies a database as it is at one moment, a running server's too, into a file that must not exist yet. The file appears whole, checked and
 * on the disk, or not at all.
 */
export async function backUp(path: string, targetPath: string): Promise<Backup> {
  const target = resolve(targetPath);
  await refuseExisting(target);
  const partial = `${target}.partial`;
  await discard(partial);
  try {
    await copyDatabase(realFile(path), partial);
    const { storeId, lastEvent } = await verify(partial);
    await publish(partial, target);
    return { file: target, bytes: (await stat(target)).size, storeId, lastEvent };
  } finally {
    await discard(partial);
  }
}

/** Leaves one file that is on the disk, without side files. Lease ids are capabilities: only the owner may read it. */
export async function copyDatabase(source: string, target: string): Promise<void> {
  await (await openNew(target)).close();
  const reader = openDatabaseReader(source);
  try {
    // One read transaction from the first page to the last: no write of a server makes SQLite begin the copy anew.
    reader.handle.exec('begin');
    reader.handle.prepare('select 1 from sqlite_schema limit 1').get();
    await reader.handle.backup(target, { progress: () => PAGES_PER_STEP });
  } catch (error) {
    throw storageFault(source, error);
  } finally {
    reader.close();
  }
  const copy = new Database(target);
  try {
    copy.pragma('journal_mode = DELETE');
  } finally {
    copy.close();
  }
  await flush(target);
}

export async function flush(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Removes a database file that was not finished, with what SQLite puts beside it. */
export async function discard(file: string): Promise<void> {
  for (const suffix of ['', '-journal', '-wal', '-shm', '-lock'])
    await rm(`${file}${suffix}`, { force: true });
}

async function verify(file: string): Promise<{ storeId: string | null; lastEvent: number }> {
  const reader = openDatabaseReader(file);
  try {
    const [problem] = integrityProblems(reader.handle);
    if (problem !== undefined)
      throw new StorageError(
        'corrupt',
        `the copy of the database is damaged (${problem}), because the database is: "steplease db check" tells more`,
      );
    return { storeId: reader.storeId(), lastEvent: (await reader.events.range()).newest };
  } finally {
    reader.close();
  }
}

async function refuseExisting(target: string): Promise<void> {
  const found = await stat(target).catch(() => null);
  if (found !== null) throw exists(target);
}

/** By a link, which fails where somebody was faster; filesystems without links get a rename. */
async function publish(partial: string, target: string): Promise<void> {
  try {
    await link(partial, target);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    if (code === 'EEXIST') throw exists(target);
    await rename(partial, target);
  }
  await flush(dirname(target));
}

function exists(target: string): StorageError {
  return new StorageError('io', `${target} exists, and is not overwritten: give another name, or remove it`);
}

async function openNew(target: string): ReturnType<typeof open> {
  try {
    return await open(target, 'wx', 0o600);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StorageError(
      'io',
      `${target} cannot be written: ${reason}; its directory must exist and be writable`,
      error,
    );
  }
}
