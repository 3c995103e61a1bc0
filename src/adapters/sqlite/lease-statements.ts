import type { LeaseState } from '../../engine/holdings/lease.js';
import type { LeaseQuery } from '../../engine/store.js';
import { valuesOf } from './columns.js';
import { LEASE_COLUMNS } from './lease-row.js';
import type { LeaseRow } from './schema.js';
import { family, type Statement, statement } from './statement.js';

const PENDING: LeaseState = 'pending';
const ACTIVE: LeaseState = 'active';
const SHOWN: readonly LeaseState[] = [ACTIVE, 'released', 'expired', 'broken', 'lost'];

/**
 * One range of an index for each state, merged in order: no list ever walks over leases that it does not show, however many have
 * ended. So each of the four indexes on the state ends in the number.
 */
const list = family<string, LeaseQuery, LeaseRow>((shape) => (db, args) => {
  const [run, step, states = ''] = shape.split(':');
  const range = (state: string) => {
    let leases = db
      .selectFrom('leases')
      .selectAll()
      .where('state', '=', state)
      .where('number', '>', args.after);
    if (run === 'run') {
      leases = leases.where('run', '=', args.run ?? '');
    }
    if (step === 'step') {
      leases = leases.where('step', '=', args.step);
    }
    return leases;
  };
  const [first = PENDING, ...others] = states.split(',');
  let merged = range(first);
  for (const state of others) {
    merged = merged.unionAll(range(state));
  }
  return merged.orderBy('number').limit(args.limit);
});

export function listStatement(query: LeaseQuery): Statement<LeaseQuery, LeaseRow> {
  const run = query.run === null ? '' : 'run';
  const step = query.step === null ? '' : 'step';
  return list(`${run}:${step}:${query.state ?? SHOWN.join()}`);
}

export const BY_ID = statement<{ readonly id: string }, LeaseRow>((db, { id }) =>
  db.selectFrom('leases').selectAll().where('id', '=', id),
);

export const BY_NUMBER = statement<{ readonly number: number }, LeaseRow>((db, { number }) =>
  db.selectFrom('leases').selectAll().where('number', '=', number),
);

export const INSERT = statement<LeaseRow, unknown>((db, lease) =>
  db.insertInto('leases').values(valuesOf<LeaseRow>(LEASE_COLUMNS, lease)),
);

/** For each set of columns that some code changes together. */
export const update = family<
  string,
  Partial<LeaseRow> & { readonly target: number; readonly from: LeaseState },
  unknown
>(
  (columns) => (db, args) =>
    db
      .updateTable('leases')
      // Names of columns, joined by the caller.
      .set(valuesOf(columns.split(',') as (keyof LeaseRow)[], args as LeaseRow))
      .where('number', '=', args.target)
      .where('state', '=', args.from),
);

export const REMOVE = statement<{ readonly number: number }, unknown>((db, { number }) =>
  db.deleteFrom('leases').where('number', '=', number),
);

export const COUNT_HOLDING = statement<{ readonly snapshotId: number }, { count: number }>(
  (db, { snapshotId }) =>
    db
      .selectFrom('leases')
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .where('snapshot_id', '=', snapshotId)
      .where('state', 'in', [PENDING, ACTIVE]),
);

// Grant keys go by their foreign key.
export const PRUNE = statement<{ readonly endedBefore: number; readonly atMost: number }, unknown>(
  (db, { endedBefore, atMost }) =>
    db
      .deleteFrom('leases')
      .where('number', 'in', (eb) =>
        eb
          .selectFrom('leases')
          .select('number')
          .where('ended_at', '<', endedBefore)
          .orderBy('ended_at')
          .limit(atMost),
      ),
);
