import { realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { StorageError } from '../../engine/storage-error.js';

/** `steplease` spelt in four bytes: tells a database of ours from one of another program. */
export const APPLICATION_ID = 0x53544c53;

/** The same database reached through a symbolic link must meet the same lock. */
export function realFile(path: string): string {
  const file = resolve(path);
  try {
    return realpathSync(file);
  } catch {
    // Not there yet: its directory must be.
  }
  try {
    return join(realpathSync(dirname(file)), basename(file));
  } catch (error) {
    throw new StorageError(
      'io',
      `database ${file}: the directory ${dirname(file)} must exist and be reachable; create it, or give another --db`,
      error,
    );
  }
}
