import { existsSync } from 'node:fs';
import { Database } from './better-sqlite3.js';
import { storageFault } from './storage-faults.js';

/** Another server has the database. */
export class DatabaseInUseError extends Error {
  readonly file: string;

  constructor(file: string) {
    super(
      `database ${file} belongs to a server that is running: one server owns a database at a time; ` +
        'stop that one, or give this one another --db',
    );
    this.name = 'DatabaseInUseError';
    this.file = file;
  }
}

/**
 * Claims the database for this process, and returns how to let go of it.
 *
 * The claim is a lock of the kernel on an empty file beside the database, held by an exclusive SQLite transaction that never ends:
 * a `kill -9` frees it at once, no stale file can keep the next start out, and `sqlite3` in a shell still reads the database itself.
 * The lock ends when this process closes any descriptor of that file, so nothing else may open it.
 */
export function claimDatabase(file: string): () => void {
  const lockFile = `${file}-lock`;
  let lock: Database | undefined;
  try {
    lock = new Database(lockFile, { timeout: 0 });
    lock.exec('begin exclusive');
  } catch (error) {
    lock?.close();
    if (error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY')) {
      throw new DatabaseInUseError(file);
    }
    throw storageFault(lockFile, error);
  }
  const held = lock;
  return () => held.close();
}

/** Whether a server has the database now. Nothing is created where there is none. */
export function isDatabaseOwned(file: string): boolean {
  if (!existsSync(`${file}-lock`)) return false;
  try {
    claimDatabase(file)();
    return false;
  } catch (error) {
    if (error instanceof DatabaseInUseError) return true;
    throw error;
  }
}
