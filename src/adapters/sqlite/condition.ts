import { stat } from 'node:fs/promises';
import type { SnapshotFiles } from '../../engine/file-system.js';
import { StorageError } from '../../engine/storage-error.js';
import { entryAhead } from '../../engine/upkeep/disk-agreement.js';
import { type DatabaseReader, openDatabaseReader } from './database-reader.js';
import { integrityProblems } from './integrity.js';

/**
 * - `absent`: there is no file, or one without content.
 * - `damaged`: it is no database, or not whole.
 * - `behind`: it is whole, and older than what lies in its snapshot directories.
 */
export type Condition = 'absent' | 'damaged' | 'behind' | 'whole';

/** @throws StorageError for a file that must not be replaced: another program's, or a newer version's. */
export async function conditionOf(file: string, files: SnapshotFiles): Promise<Condition> {
  const found = await stat(file).catch(() => null);
  if (found === null || found.size === 0) return 'absent';
  let reader: DatabaseReader;
  try {
    reader = openDatabaseReader(file);
  } catch (error) {
    if (error instanceof StorageError && error.kind === 'corrupt') return 'damaged';
    throw error;
  }
  try {
    return integrityProblems(reader.handle).length > 0
      ? 'damaged'
      : await conditionOfWhole(file, reader, files);
  } finally {
    reader.close();
  }
}

async function conditionOfWhole(
  file: string,
  reader: DatabaseReader,
  files: SnapshotFiles,
): Promise<Condition> {
  const { applied, known } = await reader.schema();
  if (applied.some((name) => !known.includes(name)))
    throw new StorageError(
      'newer',
      `${file} was made by a newer version of steplease: use that version for it`,
    );
  if (applied.length === 0) return 'absent';
  const storeId = reader.storeId();
  if (storeId === null) return 'absent';
  return (await entryAhead(reader, files, storeId)) === null ? 'whole' : 'behind';
}
