import type { TokenReader } from '../../engine/access/token.js';
import { StorageError } from '../../engine/storage-error.js';
import type { EventReader, LeaseReader, RunReader, SnapshotReader } from '../../engine/store.js';
import { Kysely } from '../../kysely.js';
import { Database } from './better-sqlite3.js';
import { APPLICATION_ID } from './database-file.js';
import { SqliteDialect } from './dialect.js';
import { EventTable } from './event-table.js';
import { LeaseTable } from './lease-table.js';
import { appliedMigrations, NumberedMigrations } from './migrations.js';
import { RunTable } from './run-table.js';
import type { Schema } from './schema.js';
import { CommittedSession } from './session.js';
import { SnapshotTable } from './snapshot-table.js';
import { CompiledStatements } from './statement.js';
import { storageFault } from './storage-faults.js';
import { TokenTable } from './token-table.js';

/** A database that is only read: nothing is locked, and a server that owns it goes on. */
export interface DatabaseReader {
  readonly handle: Database;
  readonly runs: RunReader;
  readonly snapshots: SnapshotReader;
  readonly leases: LeaseReader;
  readonly events: EventReader;
  readonly tokens: TokenReader;
  /** The schema changes that the file has, and those that this version knows. */
  schema(): Promise<{ readonly applied: readonly string[]; readonly known: readonly string[] }>;
  /** Null: it has none yet. */
  storeId(): string | null;
  close(): void;
}

/** @throws StorageError when the file is not there, is no SQLite database, or is another program's. */
export function openDatabaseReader(file: string): DatabaseReader {
  let handle: Database | undefined;
  try {
    handle = new Database(file, { readonly: true, fileMustExist: true });
    refuseStrangers(file, handle);
  } catch (error) {
    handle?.close();
    throw storageFault(file, error);
  }
  return readerOn(file, handle);
}

function refuseStrangers(file: string, handle: Database): void {
  const isOurs = handle.pragma('application_id', { simple: true }) === APPLICATION_ID;
  if (isOurs || handle.prepare('select 1 from sqlite_schema limit 1').get() === undefined) return;
  throw new StorageError('foreign', `database ${file} belongs to another program; give another --db`);
}

function readerOn(file: string, handle: Database): DatabaseReader {
  const db = new Kysely<Schema>({ dialect: new SqliteDialect(file, handle) });
  const session = new CommittedSession(db, new CompiledStatements(db));
  return {
    handle,
    runs: new RunTable(session),
    snapshots: new SnapshotTable(session),
    leases: new LeaseTable(session),
    events: new EventTable(session),
    tokens: new TokenTable(session),
    schema: async () => ({
      applied: await appliedMigrations(db),
      known: Object.keys(await new NumberedMigrations().getMigrations()),
    }),
    storeId: () => {
      const id: unknown = handle.prepare('select store_id from meta').pluck().get();
      return typeof id === 'string' ? id : null;
    },
    close: () => {
      handle.close();
    },
  };
}
