import type { LeaseState } from '../../engine/holdings/lease.js';
import { valuesOf } from './columns.js';
import { LEASE_COLUMNS } from './lease-row.js';
import { argumentIndexes, type RunArgument } from './merge-runs.js';
import type { LeaseRow } from './schema.js';
import { family, type Statement, statement } from './statement.js';

const PENDING: LeaseState = 'pending';
const ACTIVE: LeaseState = 'active';
export const SHOWN: readonly LeaseState[] = [ACTIVE, 'released', 'expired', 'broken', 'lost'];

export interface ListArguments {
  readonly after: number;
  readonly step: number | null;
  readonly limit: number;
  readonly [run: RunArgument]: string;
}

/**
 * One range of an index for each run and state, merged in order: no list ever walks over leases that it does not show, however many have
 * ended. So each of the four indexes on the state ends in the number.
 */
const list = family<string, ListArguments, LeaseRow>((shape) => (db, args) => {
  const [runs, step, states = ''] = shape.split(':');
  const range = (run: number | null, state: string) => {
    let leases = db
      .selectFrom('leases')
      .selectAll()
      .where('state', '=', state)
      .where('number', '>', args.after);
    if (run !== null) {
      leases = leases.where('run', '=', args[`run${run}`] ?? '');
    }
    if (step === 'step') {
      leases = leases.where('step', '=', args.step);
    }
    return leases;
  };
  const ranges = argumentIndexes(Number(runs)).flatMap((run) =>
    states.split(',').map((state) => [run, state] as const),
  );
  const [first = [null, PENDING] as const, ...others] = ranges;
  let merged = range(...first);
  for (const other of others) {
    merged = merged.unionAll(range(...other));
  }
  return merged.orderBy('number').limit(args.limit);
});

/** @param runs how many; 0: all. */
export function listStatement(
  runs: number,
  states: readonly LeaseState[],
  step: number | null,
): Statement<ListArguments, LeaseRow> {
  return list(`${runs}:${step === null ? '' : 'step'}:${states.join()}`);
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
