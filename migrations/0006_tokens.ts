import type { Kysely } from '../src/kysely.js';

/** A revoked token keeps its row: a server that once had one never again lets everybody in. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('tokens')
    .addColumn('name', 'text', (column) => column.primaryKey().notNull())
    .addColumn('digest', 'text', (column) => column.notNull())
    .addColumn('scope', 'text', (column) => column.notNull())
    .addColumn('runs_json', 'text', (column) => column.notNull())
    .addColumn('created_at', 'double precision', (column) => column.notNull())
    .addColumn('expires_at', 'double precision')
    .addColumn('last_used_at', 'double precision')
    .addColumn('revoked_at', 'double precision')
    .execute();
}
