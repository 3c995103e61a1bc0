import { openFileSystem } from './adapters/filesystem/node-file-system.js';
import { backUp } from './adapters/sqlite/backup.js';
import { type DatabaseReader, openDatabaseReader } from './adapters/sqlite/database-reader.js';
import { integrityProblems } from './adapters/sqlite/integrity.js';
import { systemClock } from './adapters/system-clock.js';
import type { DatabaseCare } from './cli/database/database-care.js';
import { bad, type Finding, good, warning } from './cli/doctor/finding.js';
import { rescue } from './database-rescue.js';
import { StorageError } from './engine/storage-error.js';
import { disagreements } from './engine/upkeep/disk-agreement.js';

/** Databases as `steplease db` looks after them: through the adapters that a server would use. */
export const databaseCare: DatabaseCare = {
  check: async (file) => {
    let reader: DatabaseReader;
    try {
      reader = openDatabaseReader(file);
    } catch (error) {
      // One that cannot be read at all is no finding about its content.
      if (error instanceof StorageError && ['corrupt', 'foreign'].includes(error.kind))
        return [bad('file', error.message)];
      throw error;
    }
    try {
      return await findingsOf(file, reader);
    } finally {
      reader.close();
    }
  },
  backUp,
  rescue,
};

async function findingsOf(file: string, reader: DatabaseReader): Promise<readonly Finding[]> {
  const problems = integrityProblems(reader.handle);
  if (problems.length > 0)
    return problems.map((problem) =>
      bad(
        'content',
        `${problem}; "steplease db restore BACKUP" or "steplease db rebuild" brings ${file} back`,
      ),
    );
  const whole = good('content', `${file} is whole: pages, indexes and foreign keys`);
  const { applied, known } = await reader.schema();
  const newer = applied.filter((name) => !known.includes(name));
  if (newer.length > 0)
    return [whole, bad('schema', `${newer.join(', ')} is of a newer version of steplease: use that version`)];
  const last = applied.at(-1);
  const storeId = last === undefined ? null : reader.storeId();
  if (last === undefined || storeId === null)
    return [whole, warning('schema', 'the database is empty: the next "steplease serve" begins it anew')];
  if (applied.length < known.length)
    return [
      whole,
      warning(
        'schema',
        `${last}: the next start brings it to ${known.at(-1)}; rows are compared with the disk afterwards`,
      ),
    ];
  return [whole, good('schema', last), ...(await compare(reader, storeId))];
}

async function compare(reader: DatabaseReader, storeId: string): Promise<readonly Finding[]> {
  const files = openFileSystem({ clock: systemClock });
  try {
    const found = await disagreements(reader, files.snapshots, storeId);
    if (found.length === 0) return [good('snapshots', 'rows and directories agree')];
    return found.map(({ subject, detail, isBad }) =>
      isBad ? bad(subject, detail) : warning(subject, detail),
    );
  } finally {
    await files.close();
  }
}
