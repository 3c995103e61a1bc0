import { closeSync, openSync } from 'node:fs';
import type { Clock } from '../../engine/clock.js';
import { StorageError } from '../../engine/storage-error.js';
import { Kysely } from '../../kysely.js';
import { copyBeforeMigration } from './before-migration.js';
import { Database } from './better-sqlite3.js';
import { APPLICATION_ID, realFile } from './database-file.js';
import { SqliteDialect } from './dialect.js';
import { type Migrated, migrate } from './migrations.js';
import { claimDatabase } from './ownership.js';
import type { Schema } from './schema.js';
import { storageFault } from './storage-faults.js';

export type StoreClock = Pick<Clock, 'now' | 'randomBytes'>;

/** A shell that writes holds us up this long at most: the wait blocks the event loop. */
const BUSY_TIMEOUT_MS = 1000;

/**
 * An open database that this process owns: one connection that writes, and one that only reads.
 *
 * Two, because a reader on the writing connection would see the inside of a batch that is not committed yet, or have to queue
 * behind it; and a work that reads past its transaction would wait for itself. With a WAL the second connection always sees the
 * last commit and never waits. It costs a page cache of its own, 2 MiB at most.
 */
export interface SqliteDatabase {
  readonly file: string;
  readonly id: string;
  readonly migrated: Migrated;
  readonly writer: Database;
  readonly reader: Database;
  readonly writes: Kysely<Schema>;
  readonly reads: Kysely<Schema>;
  close(): void;
}

/** @throws DatabaseInUseError, StorageError; nothing stays open or locked then. */
export async function openDatabase(path: string, clock: StoreClock): Promise<SqliteDatabase> {
  const file = realFile(path);
  const undo: (() => unknown)[] = [];
  const close = (): void => {
    for (const step of undo.splice(0).reverse()) {
      step();
    }
  };
  try {
    undo.push(claimDatabase(file));
    createPrivately(file);
    const writer = new Database(file, { timeout: BUSY_TIMEOUT_MS });
    undo.push(() => writer.close());
    refuseStrangers(file, writer);
    setPragmas(writer);
    const writes = new Kysely<Schema>({ dialect: new SqliteDialect(file, writer) });
    await copyBeforeMigration(writes, file);
    const migrated = await migrate(writes, file);
    const id = await storeId(writes, clock);
    const reader = new Database(file, { readonly: true, timeout: BUSY_TIMEOUT_MS });
    undo.push(() => reader.close());
    const reads = new Kysely<Schema>({ dialect: new SqliteDialect(file, reader) });
    return { file, id, migrated, writer, reader, writes, reads, close };
  } catch (error) {
    close();
    throw storageFault(file, error);
  }
}

/** Lease ids are capabilities: only the owner may read the file. SQLite gives its side files the same mode. */
function createPrivately(file: string): void {
  try {
    closeSync(openSync(file, 'wx', 0o600));
  } catch {
    // It exists, or cannot be created: SQLite then says why.
  }
}

function refuseStrangers(file: string, writer: Database): void {
  if (writer.pragma('application_id', { simple: true }) === APPLICATION_ID) {
    return;
  }
  if (writer.prepare('select 1 from sqlite_schema limit 1').get() !== undefined) {
    throw new StorageError(
      'foreign',
      `database ${file} belongs to another program: steplease writes only into databases that it made; it was left as it is: give another --db`,
    );
  }
  writer.pragma(`application_id = ${APPLICATION_ID}`);
}

/**
 * `synchronous` has to be set on every open: better-sqlite3 is compiled to fall back to NORMAL once the WAL is in use, and a power cut
 * then takes acknowledged commits with it.
 */
function setPragmas(writer: Database): void {
  writer.pragma('journal_mode = WAL');
  writer.pragma('synchronous = FULL');
  writer.pragma('foreign_keys = ON');
  // The WAL is as long as the longest burst ever was; give the room back afterwards.
  writer.pragma(`journal_size_limit = ${64 * 1024 * 1024}`);
}

async function storeId(writes: Kysely<Schema>, clock: StoreClock): Promise<string> {
  const known = await writes.selectFrom('meta').select('store_id').executeTakeFirst();
  if (known !== undefined) {
    return known.store_id;
  }
  const id = Buffer.from(clock.randomBytes(8)).toString('hex');
  const counters = { last_event: 0, last_snapshot: 0, last_lease: 0, last_wait: 0 };
  await writes
    .insertInto('meta')
    .values({ id: 1, store_id: id, created_at: clock.now(), ...counters })
    .execute();
  return id;
}
