import type { AcknowledgementQuery } from '../../engine/store.js';
import { valuesOf } from './columns.js';
import { OWED_COLUMNS } from './consumer-row.js';
import type { AcknowledgementRow, ConsumerRow, OwedStepRow } from './schema.js';
import { family, type NoArguments, statement } from './statement.js';

type ConsumerKey = Pick<ConsumerRow, 'run' | 'name'>;
type OwedKey = Pick<OwedStepRow, 'run' | 'consumer' | 'ordinal'>;
type GenerationKey = Pick<OwedStepRow, 'run' | 'consumer' | 'generation'>;

const CONSUMER_COLUMNS = [
  'run',
  'name',
  'settings_json',
  'position',
  'taken',
  'acknowledged',
  'last_yielded',
  'last_granted_at',
  'created_at',
] as const satisfies readonly (keyof ConsumerRow)[];

const ACKNOWLEDGEMENT_COLUMNS = [
  'run',
  'consumer',
  'number',
  'ordinal',
  'step',
  'generation',
  'acked_at',
  'attempts',
  'result_json',
] as const satisfies readonly (keyof AcknowledgementRow)[];

export const LIST = statement<NoArguments, ConsumerRow>((db) =>
  db.selectFrom('consumers').selectAll().orderBy('run').orderBy('name'),
);

export const INSERT = statement<ConsumerRow, unknown>((db, consumer) =>
  db.insertInto('consumers').values(valuesOf<ConsumerRow>(CONSUMER_COLUMNS, consumer)),
);

export const update = family<
  string,
  Partial<ConsumerRow> & { readonly ofRun: string; readonly called: string },
  unknown
>(
  (columns) => (db, args) =>
    db
      .updateTable('consumers')
      // Names of columns, joined by the caller.
      .set(valuesOf(columns.split(',') as (keyof ConsumerRow)[], args as unknown as ConsumerRow))
      .where('run', '=', args.ofRun)
      .where('name', '=', args.called),
);

export const REMOVE = statement<ConsumerKey, unknown>((db, { run, name }) =>
  db.deleteFrom('consumers').where('run', '=', run).where('name', '=', name),
);

/** Takes the next number of a kind that the consumer itself counts. */
export const next = family<'taken' | 'acknowledged', ConsumerKey, { last: number }>(
  (counter) =>
    (db, { run, name }) =>
      db
        .updateTable('consumers')
        .set((eb) => ({ [counter]: eb(counter, '+', 1) }))
        .where('run', '=', run)
        .where('name', '=', name)
        .returning(`${counter} as last`),
);

export const OWED = statement<Pick<OwedStepRow, 'run' | 'consumer'>, OwedStepRow>((db, { run, consumer }) =>
  db
    .selectFrom('owed_steps')
    .selectAll()
    .where('run', '=', run)
    .where('consumer', '=', consumer)
    .orderBy('ordinal'),
);

export const FIND_OWED = statement<OwedKey, OwedStepRow>((db, { run, consumer, ordinal }) =>
  db
    .selectFrom('owed_steps')
    .selectAll()
    .where('run', '=', run)
    .where('consumer', '=', consumer)
    .where('ordinal', '=', ordinal),
);

export const OWED_BY_LEASE = statement<{ readonly leaseNumber: number }, OwedStepRow>((db, { leaseNumber }) =>
  db.selectFrom('owed_steps').selectAll().where('lease_number', '=', leaseNumber),
);

/** Whether a generation was taken up before: it is owed, or was acknowledged. */
export const isKnown = family<'owed_steps' | 'acknowledgements', GenerationKey, { ordinal: number }>(
  (table) =>
    (db, { run, consumer, generation }) =>
      db
        .selectFrom(table)
        .select('ordinal')
        .where('run', '=', run)
        .where('consumer', '=', consumer)
        .where('generation', '=', generation),
);

export const INSERT_OWED = statement<OwedStepRow, unknown>((db, owed) =>
  db.insertInto('owed_steps').values(valuesOf<OwedStepRow>(OWED_COLUMNS, owed)),
);

export const PUT_OWED = statement<OwedStepRow, unknown>((db, owed) =>
  db
    .updateTable('owed_steps')
    .set(valuesOf<OwedStepRow>(OWED_COLUMNS, owed))
    .where('run', '=', owed.run)
    .where('consumer', '=', owed.consumer)
    .where('ordinal', '=', owed.ordinal),
);

export const REMOVE_OWED = statement<OwedKey, unknown>((db, { run, consumer, ordinal }) =>
  db
    .deleteFrom('owed_steps')
    .where('run', '=', run)
    .where('consumer', '=', consumer)
    .where('ordinal', '=', ordinal),
);

export const COUNT_HOLDING = statement<{ readonly snapshotId: number }, { count: number }>(
  (db, { snapshotId }) =>
    db
      .selectFrom('owed_steps')
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .where('snapshot_id', '=', snapshotId),
);

export const ACKNOWLEDGE = statement<AcknowledgementRow, unknown>((db, acknowledgement) =>
  db
    .insertInto('acknowledgements')
    .values(valuesOf<AcknowledgementRow>(ACKNOWLEDGEMENT_COLUMNS, acknowledgement)),
);

export const ACKNOWLEDGEMENTS = statement<AcknowledgementQuery, AcknowledgementRow>((db, query) =>
  db
    .selectFrom('acknowledgements')
    .selectAll()
    .where('run', '=', query.run)
    .where('consumer', '=', query.consumer)
    .where('number', '>', query.after)
    .orderBy('number')
    .limit(query.limit),
);

export const LAST_ACKNOWLEDGED = statement<OwedKey, AcknowledgementRow>((db, { run, consumer, ordinal }) =>
  db
    .selectFrom('acknowledgements')
    .selectAll()
    .where('run', '=', run)
    .where('consumer', '=', consumer)
    .where('ordinal', '<', ordinal)
    .orderBy('ordinal', 'desc')
    .limit(1),
);
