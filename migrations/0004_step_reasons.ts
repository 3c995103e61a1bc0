import { type Kysely, sql } from '../src/kysely.js';

/** By which mark a step is finalized, and what of it cannot be read, as columns: the sentence of a finalized step is made from them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const column of ['commit_marker', 'metadata_trouble', 'metrics_trouble'])
    await db.schema.alterTable('steps').addColumn(column, 'text').execute();
  await sql`update steps set commit_marker = 'commit_success.txt'
    where state = 'finalized' and reason like 'holds commit_success.txt%'`.execute(db);
  await sql`update steps set reason = '' where state = 'finalized'`.execute(db);
}
