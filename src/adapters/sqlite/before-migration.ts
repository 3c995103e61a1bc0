import { rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Kysely } from '../../kysely.js';
import { copyDatabase, discard, flush } from './backup.js';
import { appliedMigrations, copyName, NumberedMigrations } from './migrations.js';
import type { Schema } from './schema.js';

/**
 * Keeps a copy of a database that has content and is about to be migrated: a schema change is never undone, and the version before could
 * not open the file any more. A copy that is there already stays, as it may be from an attempt that was cut off.
 */
export async function copyBeforeMigration(db: Kysely<Schema>, file: string): Promise<void> {
  const applied = await appliedMigrations(db);
  const known = Object.keys(await new NumberedMigrations().getMigrations());
  const [next] = known.filter((name) => !applied.includes(name));
  if (applied.length === 0 || next === undefined || applied.some((name) => !known.includes(name))) return;
  const copy = copyName(file, next);
  if ((await stat(copy).catch(() => null)) !== null) return;
  const partial = `${copy}.partial`;
  await discard(partial);
  await copyDatabase(file, partial);
  await rename(partial, copy);
  await flush(dirname(copy));
}
