import { type Kysely, SqliteAdapter } from '../src/kysely.js';

/** Consumers with what they owe and what was acknowledged; and of a lease, which delivery it is. */
export async function up(db: Kysely<unknown>): Promise<void> {
  // As in the first migration: elsewhere than in SQLite `integer` would end at 2^31.
  const whole = db.getExecutor().adapter instanceof SqliteAdapter ? 'integer' : 'bigint';

  await db.schema
    .createTable('consumers')
    .addColumn('run', 'text', (column) => column.notNull().references('runs.name').onDelete('cascade'))
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('settings_json', 'text', (column) => column.notNull())
    .addColumn('position', whole, (column) => column.notNull())
    .addColumn('taken', whole, (column) => column.notNull())
    .addColumn('acknowledged', whole, (column) => column.notNull())
    .addColumn('last_yielded', whole)
    .addColumn('last_granted_at', 'double precision')
    .addColumn('created_at', 'double precision', (column) => column.notNull())
    .addPrimaryKeyConstraint('consumers_key', ['run', 'name'])
    .execute();

  await db.schema
    .createTable('owed_steps')
    .addColumn('run', 'text', (column) => column.notNull())
    .addColumn('consumer', 'text', (column) => column.notNull())
    .addColumn('ordinal', whole, (column) => column.notNull())
    .addColumn('step', whole, (column) => column.notNull())
    .addColumn('step_name', 'text', (column) => column.notNull())
    .addColumn('generation', 'text', (column) => column.notNull())
    .addColumn('snapshot_id', whole)
    .addColumn('lease_number', whole)
    .addColumn('attempts', whole, (column) => column.notNull())
    .addColumn('not_before', 'double precision')
    .addColumn('parked_at', 'double precision')
    .addPrimaryKeyConstraint('owed_steps_key', ['run', 'consumer', 'ordinal'])
    .addUniqueConstraint('owed_steps_generation', ['run', 'consumer', 'generation'])
    .addForeignKeyConstraint(
      'owed_steps_consumer',
      ['run', 'consumer'],
      'consumers',
      ['run', 'name'],
      (constraint) => constraint.onDelete('cascade'),
    )
    .execute();
  await index(db, 'owed_steps', ['snapshot_id']);
  await index(db, 'owed_steps', ['lease_number']);

  await db.schema
    .createTable('acknowledgements')
    .addColumn('run', 'text', (column) => column.notNull())
    .addColumn('consumer', 'text', (column) => column.notNull())
    .addColumn('number', whole, (column) => column.notNull())
    .addColumn('ordinal', whole, (column) => column.notNull())
    .addColumn('step', whole, (column) => column.notNull())
    .addColumn('generation', 'text', (column) => column.notNull())
    .addColumn('acked_at', 'double precision', (column) => column.notNull())
    .addColumn('attempts', whole, (column) => column.notNull())
    .addColumn('result_json', 'text')
    .addPrimaryKeyConstraint('acknowledgements_key', ['run', 'consumer', 'number'])
    .addUniqueConstraint('acknowledgements_generation', ['run', 'consumer', 'generation'])
    .addForeignKeyConstraint(
      'acknowledgements_consumer',
      ['run', 'consumer'],
      'consumers',
      ['run', 'name'],
      (constraint) => constraint.onDelete('cascade'),
    )
    .execute();
  await index(db, 'acknowledgements', ['run', 'consumer', 'ordinal']);

  // SQLite adds one column at a time. Like the run, the consumer is no foreign key: its leases are kept when it is gone.
  await db.schema.alterTable('leases').addColumn('consumer', 'text').execute();
  await db.schema.alterTable('leases').addColumn('attempt', whole).execute();
  await db.schema.alterTable('leases').addColumn('verdict', 'text').execute();
}

async function index(db: Kysely<unknown>, table: string, columns: string[]): Promise<void> {
  await db.schema
    .createIndex(`${table}_by_${columns.join('_')}`)
    .on(table)
    .columns(columns)
    .execute();
}
