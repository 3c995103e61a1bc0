import { type Kysely, SqliteAdapter, sql } from '../src/kysely.js';

/**
 * Every index ends in the order that its query wants, so that a page reads its own rows and no others, however many there are.
 * Times, durations and sizes are doubles: they hold every integer up to 2^53 exactly, and fractions of a millisecond.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  // Only a column declared `integer` becomes SQLite's row id; elsewhere `integer` would end at 2^31.
  const whole = db.getExecutor().adapter instanceof SqliteAdapter ? 'integer' : 'bigint';

  await db.schema
    .createTable('meta')
    .addColumn('id', whole, (column) => column.primaryKey().check(sql`id = 1`))
    .addColumn('store_id', 'text', (column) => column.notNull())
    .addColumn('created_at', 'double precision', (column) => column.notNull())
    .addColumn('last_event', whole, (column) => column.notNull())
    .addColumn('last_snapshot', whole, (column) => column.notNull())
    .addColumn('last_lease', whole, (column) => column.notNull())
    .addColumn('last_wait', whole, (column) => column.notNull())
    .execute();

  await db.schema
    .createTable('runs')
    .addColumn('name', 'text', (column) => column.primaryKey().notNull())
    .addColumn('directory', 'text', (column) => column.notNull())
    .addColumn('real_path', 'text', (column) => column.notNull())
    .addColumn('options_json', 'text', (column) => column.notNull())
    .addColumn('finished_at', 'double precision')
    .addColumn('finish_reason', 'text')
    .addColumn('unavailable_since', 'double precision')
    .addColumn('created_at', 'double precision', (column) => column.notNull())
    .execute();

  await db.schema
    .createTable('steps')
    .addColumn('run', 'text', (column) => column.notNull().references('runs.name').onDelete('cascade'))
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('step', whole)
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('reason', 'text', (column) => column.notNull())
    .addColumn('generation', 'text')
    .addColumn('inode', 'text')
    .addColumn('committed_at', 'double precision')
    .addColumn('init_at', 'double precision')
    .addColumn('items_json', 'text')
    .addColumn('metrics_json', 'text')
    .addColumn('custom_metadata_json', 'text')
    .addColumn('size_bytes', 'double precision')
    .addColumn('file_count', 'double precision')
    .addColumn('inventory_digest', 'text')
    .addPrimaryKeyConstraint('steps_key', ['run', 'name'])
    .execute();

  await db.schema
    .createTable('events')
    .addColumn('sequence', whole, (column) => column.primaryKey().notNull())
    .addColumn('run', 'text', (column) => column.notNull())
    .addColumn('type', 'text', (column) => column.notNull())
    .addColumn('subject', 'text', (column) => column.notNull())
    .addColumn('time', 'double precision', (column) => column.notNull())
    .addColumn('data_json', 'text', (column) => column.notNull())
    .execute();
  await index(db, 'events', ['run', 'sequence']);
  await index(db, 'events', ['type', 'sequence']);
  await index(db, 'events', ['run', 'type', 'sequence']);

  await db.schema
    .createTable('snapshots')
    .addColumn('id', whole, (column) => column.primaryKey().notNull())
    .addColumn('run', 'text', (column) => column.notNull())
    .addColumn('generation', 'text', (column) => column.notNull())
    .addColumn('step', whole, (column) => column.notNull())
    .addColumn('step_name', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('mode', 'text', (column) => column.notNull())
    .addColumn('layout', 'text', (column) => column.notNull())
    .addColumn('snapshot_directory', 'text', (column) => column.notNull())
    .addColumn('path', 'text', (column) => column.notNull())
    .addColumn('digest', 'text', (column) => column.notNull())
    .addColumn('size_bytes', 'double precision', (column) => column.notNull())
    .addColumn('file_count', 'double precision', (column) => column.notNull())
    .addColumn('created_at', 'double precision', (column) => column.notNull())
    .addUniqueConstraint('snapshots_generation', ['run', 'generation'])
    .execute();

  // Neither run nor snapshot is a foreign key: an ended lease is kept for its holder when both are gone.
  await db.schema
    .createTable('leases')
    .addColumn('number', whole, (column) => column.primaryKey().notNull())
    .addColumn('id', 'text', (column) => column.notNull().unique())
    .addColumn('run', 'text', (column) => column.notNull())
    .addColumn('step', whole, (column) => column.notNull())
    .addColumn('generation', 'text', (column) => column.notNull())
    .addColumn('snapshot_id', whole)
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('holder', 'text')
    .addColumn('labels_json', 'text', (column) => column.notNull())
    .addColumn('path', 'text', (column) => column.notNull())
    .addColumn('relative_path', 'text')
    .addColumn('source_path', 'text', (column) => column.notNull())
    .addColumn('ttl_ms', 'double precision', (column) => column.notNull())
    .addColumn('granted_at', 'double precision', (column) => column.notNull())
    .addColumn('renewed_at', 'double precision', (column) => column.notNull())
    .addColumn('ended_at', 'double precision')
    .addColumn('end_reason', 'text')
    .addColumn('waited_ms', 'double precision', (column) => column.notNull())
    .execute();
  await index(db, 'leases', ['state', 'number']);
  await index(db, 'leases', ['run', 'state', 'number']);
  await index(db, 'leases', ['step', 'state', 'number']);
  await index(db, 'leases', ['run', 'step', 'state', 'number']);
  await index(db, 'leases', ['snapshot_id', 'state']);
  await index(db, 'leases', ['ended_at']);

  await db.schema
    .createTable('grant_keys')
    .addColumn('run', 'text', (column) => column.notNull().references('runs.name').onDelete('cascade'))
    .addColumn('caller', 'text', (column) => column.notNull())
    .addColumn('key', 'text', (column) => column.notNull())
    .addColumn('fingerprint', 'text', (column) => column.notNull())
    .addColumn('lease_number', whole, (column) =>
      column.notNull().references('leases.number').onDelete('cascade'),
    )
    .addColumn('created_at', 'double precision', (column) => column.notNull())
    .addPrimaryKeyConstraint('grant_keys_key', ['run', 'caller', 'key'])
    .execute();
  await index(db, 'grant_keys', ['lease_number']);
  await index(db, 'grant_keys', ['created_at']);

  await db.schema
    .createTable('waits')
    .addColumn('position', whole, (column) => column.primaryKey().notNull())
    .addColumn('run', 'text', (column) => column.notNull())
    .addColumn('until', whole)
    .addColumn('started_at', 'double precision', (column) => column.notNull())
    .addColumn('duration_ms', 'double precision', (column) => column.notNull())
    .addColumn('outcome', 'text', (column) => column.notNull())
    .addColumn('step', whole)
    .addColumn('source', 'text', (column) => column.notNull())
    .execute();
  await index(db, 'waits', ['run', 'position']);
  await index(db, 'waits', ['outcome']);
  await index(db, 'waits', ['run', 'outcome']);
  await index(db, 'waits', ['duration_ms']);
  await index(db, 'waits', ['run', 'duration_ms']);
}

async function index(db: Kysely<unknown>, table: string, columns: string[]): Promise<void> {
  await db.schema
    .createIndex(`${table}_by_${columns.join('_')}`)
    .on(table)
    .columns(columns)
    .execute();
}
