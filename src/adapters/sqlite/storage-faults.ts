import { accessSync, closeSync, constants, openSync, unlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { StorageError } from '../../engine/storage-error.js';
import { Database } from './better-sqlite3.js';

/** What SQLite reports, told as a `StorageError`; anything that is a defect of ours, such as bad SQL, comes back as it is. */
export function storageFault(file: string, error: unknown): unknown {
  if (!(error instanceof Database.SqliteError)) {
    return error;
  }
  const code = error.code;
  const say = (kind: StorageError['kind'], sentence: string): StorageError =>
    new StorageError(kind, `database ${file}: ${sentence} (${code})`, error);

  if (code === 'SQLITE_FULL') {
    return say('full', 'there is no room to write; free space on its filesystem, then repeat the request');
  }
  if (code.startsWith('SQLITE_READONLY') || code === 'SQLITE_PERM') {
    return say('read_only', 'it cannot be written; make the file and its directory writable for this user');
  }
  if (code.startsWith('SQLITE_CANTOPEN')) {
    return mayWriteBeside(file)
      ? say('io', 'it cannot be opened; it must be a regular file in an existing directory')
      : say(
          'read_only',
          'its directory cannot be written; make it writable for this user, or give another --db',
        );
  }
  if (code.startsWith('SQLITE_NOTADB')) {
    return say(
      'corrupt',
      `this is not a SQLite database; it was left as it is: give another --db, or ${remedy(file)}`,
    );
  }
  if (code.startsWith('SQLITE_CORRUPT')) {
    return say('corrupt', `its content is damaged; it was left as it is: ${remedy(file)}`);
  }
  if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED')) {
    return say('io', 'another program holds a lock on it; end that program, then repeat the request');
  }
  if (code.startsWith('SQLITE_IOERR')) {
    if (hasBecomeReadOnly(file)) {
      return say('read_only', 'its filesystem has become read-only; look at the health of the disk');
    }
    return say('io', 'the disk did not do what was asked; look at its free space, quota and health');
  }
  return error;
}

/** What brings a lost database back; both commands keep the file that is there under another name. */
function remedy(file: string): string {
  return `"steplease db restore BACKUP --db ${file}" puts a backup in its place, "steplease db rebuild --db ${file}" makes a new one`;
}

function mayWriteBeside(file: string): boolean {
  try {
    accessSync(dirname(file), constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** An ext4 that met an error lets nobody write, and still counts as writable: only trying tells. SQLite does not say it either. */
function hasBecomeReadOnly(file: string): boolean {
  const probe = `${file}-probe`;
  try {
    closeSync(openSync(probe, 'w', 0o600));
    unlinkSync(probe);
    return false;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EROFS';
  }
}
