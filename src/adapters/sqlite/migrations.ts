import { readdir } from 'node:fs/promises';
import { StorageError } from '../../engine/storage-error.js';
import { type Kysely, type Migration, type MigrationProvider, Migrator } from '../../kysely.js';
import { ownFile } from '../../own-file.js';
import type { Schema } from './schema.js';

/** The compiled files of the top-level `migrations/`. */
const DIRECTORY = ownFile('../migrations/');

/** Reads `0001_initial.js`, `0002_….js`: the number gives the order, and the name is what the database remembers. */
export class NumberedMigrations implements MigrationProvider {
  async getMigrations(): Promise<Record<string, Migration>> {
    const files = (await readdir(DIRECTORY)).filter((file) => /^\d{4}_\w+\.js$/.test(file)).sort();
    const migrations: Record<string, Migration> = {};
    for (const file of files) {
      // A file of that directory exports what kysely's `Migration` asks for; its test opens a database with each.
      migrations[file.slice(0, -'.js'.length)] = (await import(new URL(file, DIRECTORY).href)) as Migration;
    }
    return migrations;
  }
}

/** The last schema change that the database had, and has now; null: none. */
export interface Migrated {
  readonly from: string | null;
  readonly to: string | null;
}

/** Where the state of a database is kept from before a schema change, so that the version before can have it back. */
export function copyName(file: string, change: string): string {
  return `${file}.before-${change}`;
}

/** Brings the schema up to date, all of it or nothing. A database that a newer version made is refused untouched. */
export async function migrate(
  db: Kysely<Schema>,
  file: string,
  provider: MigrationProvider = new NumberedMigrations(),
): Promise<Migrated> {
  const known = await provider.getMigrations();
  const applied = await appliedMigrations(db);
  const unknown = applied.filter((name) => !Object.hasOwn(known, name));
  if (unknown.length > 0) {
    const last = Object.keys(known).at(-1);
    throw new StorageError(
      'newer',
      `database ${file} was made by a newer version of steplease (schema change ${unknown.join(', ')}; ` +
        `this version ends at ${last}) and was left as it is: start that version; to go back, "steplease db restore" takes the copy ` +
        `that it made before the change, ${copyName(file, unknown[0] ?? '')}`,
    );
  }
  const { error } = await new Migrator({ db, provider }).migrateToLatest();
  if (error !== undefined) {
    throw error;
  }
  return { from: applied.at(-1) ?? null, to: Object.keys(known).at(-1) ?? null };
}

const APPLIED_TABLE = 'kysely_migration';

/** By name, in order; none for a database without content. */
export async function appliedMigrations(db: Kysely<Schema>): Promise<readonly string[]> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some((table) => table.name === APPLIED_TABLE)) {
    return [];
  }
  const rows = await db
    .withTables<{ [APPLIED_TABLE]: { name: string } }>()
    .selectFrom(APPLIED_TABLE)
    .select('name')
    .orderBy('name')
    .execute();
  return rows.map((row) => row.name);
}
