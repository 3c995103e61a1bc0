import type { Kysely } from '../src/kysely.js';

/** The callers that registered a run, made a consumer and were granted a lease: what a caller has counts against its limits. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('runs').addColumn('created_by', 'text').execute();
  await db.schema.alterTable('consumers').addColumn('created_by', 'text').execute();
  await db.schema.alterTable('leases').addColumn('granted_to', 'text').execute();
}
