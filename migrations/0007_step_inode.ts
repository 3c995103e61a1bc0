import type { Kysely } from '../src/kysely.js';

/** The inode of a step's directory: its generation says it, where the generation is known, and nothing asks for it elsewhere. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('steps').dropColumn('inode').execute();
}
