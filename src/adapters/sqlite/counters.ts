import type { Session } from './session.js';
import { family, type NoArguments, type Statement, statement } from './statement.js';

/**
 * Numbers that are never used again stand in `meta`, not in a sequence of the database: they come back with a rollback, so that positions
 * have no gaps, and they stay when every row that bore one is gone.
 */
export type Counter = 'last_event' | 'last_snapshot' | 'last_lease' | 'last_wait';

interface Step {
  readonly count: number;
}

const ADVANCE: Record<Counter, Statement<Step, { last: number }>> = {
  last_event: advance('last_event'),
  last_snapshot: advance('last_snapshot'),
  last_lease: advance('last_lease'),
  last_wait: advance('last_wait'),
};

function advance(counter: Counter): Statement<Step, { last: number }> {
  return statement((db, { count }) =>
    db
      .updateTable('meta')
      .set((eb) => ({ [counter]: eb(counter, '+', count) }))
      .where('id', '=', 1)
      .returning(`${counter} as last`),
  );
}

/** Takes the next `count` numbers; returns the first of them. */
export async function takeNumbers(session: Session, counter: Counter, count: number): Promise<number> {
  const [row] = await session.rows(ADVANCE[counter], { count });
  return onlyRow(row).last - count + 1;
}

const last = family<Counter, NoArguments, { last: number }>(
  (counter) => (db) => db.selectFrom('meta').select(`${counter} as last`).where('id', '=', 1),
);

/** The last number that was taken; 0 before the first. */
export async function lastNumber(session: Session, counter: Counter): Promise<number> {
  const [row] = await session.rows(last(counter), {});
  return onlyRow(row).last;
}

function onlyRow<R>(row: R | undefined): R {
  if (row === undefined) {
    throw new Error('the table meta has lost its row');
  }
  return row;
}
