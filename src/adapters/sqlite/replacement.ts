import { link, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { copyDatabase, discard, flush } from './backup.js';
import { Database } from './better-sqlite3.js';
import type { StoreClock } from './database.js';

/** Where a database is made ready that is to take the place of `file`. What an earlier attempt left there goes. */
export async function beginReplacement(file: string): Promise<string> {
  const working = `${file}.rebuilding`;
  await discard(working);
  return working;
}

/**
 * The same for one that goes on from an older state. It gets an id of its own: cursors of the lost part must not be taken for positions of
 * what is written from now on.
 */
export async function beginReplacementFrom(file: string, source: string, clock: StoreClock): Promise<string> {
  const working = await beginReplacement(file);
  await copyDatabase(source, working);
  const copy = new Database(working);
  try {
    copy.prepare('update meta set store_id = ?').run(Buffer.from(clock.randomBytes(8)).toString('hex'));
  } finally {
    copy.close();
  }
  return working;
}

/**
 * Puts a closed database in the place of `file`; what was there is kept.
 *
 * A write-ahead log of the old file would be replayed into the new one, so it goes first. A crash on the way leaves the old file, or the new
 * one, whole under its name.
 *
 * @returns the name that the old file has now; null: there was none.
 */
export async function placeReplacement(file: string, working: string, nowMs: number): Promise<string | null> {
  await flush(working);
  const kept = await keep(file, nowMs);
  await rename(working, file);
  await flush(dirname(file));
  await discard(working);
  return kept;
}

async function keep(file: string, nowMs: number): Promise<string | null> {
  if (!(await exists(file))) {
    await rm(`${file}-wal`, { force: true });
    await rm(`${file}-shm`, { force: true });
    return null;
  }
  const kept = await freeName(
    `${file}.replaced-${new Date(nowMs).toISOString().replaceAll(':', '-').slice(0, 19)}`,
  );
  if (await exists(`${file}-wal`)) await rename(`${file}-wal`, `${kept}-wal`);
  await rm(`${file}-shm`, { force: true });
  await link(file, kept).catch(() => rename(file, kept));
  return kept;
}

async function freeName(wanted: string): Promise<string> {
  let name = wanted;
  for (let count = 2; (await exists(name)) || (await exists(`${name}-wal`)); count += 1)
    name = `${wanted}.${count}`;
  return name;
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null)) !== null;
}
