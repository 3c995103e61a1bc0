import assert from 'node:assert/strict';
import { access, readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Database } from '../../../src/adapters/sqlite/better-sqlite3.js';
import type { LeaseDocument } from '../../../src/engine/documents.js';
import type { Stage } from './stage.js';

/** Runs statements on the database of a server that is stopped. */
export function edit(stage: Stage, ...statements: readonly string[]): void {
  const database = new Database(stage.databaseFile);
  for (const statement of statements) assert.ok(database.prepare(statement).run().changes > 0, statement);
  database.close();
}

export function rows(stage: Stage, table: 'snapshots' | 'leases'): readonly unknown[] {
  const database = new Database(stage.databaseFile, { readonly: true });
  try {
    return database.prepare(`select * from ${table}`).all();
  } finally {
    database.close();
  }
}

export async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** The entry of the snapshot directory, in layout `generation`, that holds what a lease reads. */
export function publishedName({ path }: LeaseDocument): string {
  return basename(dirname(path));
}

/** What is in the snapshot directory beside the marks of its owner. */
export async function snapshotEntries(stage: Stage, name = '_STEPLEASE'): Promise<readonly string[]> {
  const entries = await readdir(join(stage.root, name)).catch(() => []);
  return entries.filter((entry) => entry !== 'owner.json' && entry !== 'commit_success.txt').sort();
}
