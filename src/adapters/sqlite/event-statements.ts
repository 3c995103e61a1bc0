import type { EventType } from '../../engine/events/event.js';
import { valuesOf } from './columns.js';
import type { LogEntry } from './log-pruning.js';
import { argumentIndexes, type RunArgument } from './merge-runs.js';
import type { EventRow } from './schema.js';
import { family, type NoArguments, type Statement, statement } from './statement.js';

type TypeArgument = `type${number}`;

export interface PageArguments {
  readonly after: number;
  readonly limit: number;
  readonly [range: RunArgument | TypeArgument]: string;
}

const COLUMNS = [
  'sequence',
  'run',
  'type',
  'subject',
  'time',
  'data_json',
] as const satisfies readonly (keyof EventRow)[];

export const INSERT = statement<EventRow, unknown>((db, event) =>
  db.insertInto('events').values(valuesOf<EventRow>(COLUMNS, event)),
);

export const RANGE = statement<NoArguments, { oldest: number; newest: number }>((db) =>
  db
    .selectFrom('meta')
    .where('id', '=', 1)
    .select((eb) => [
      'last_event as newest',
      eb.fn
        .coalesce(
          eb.selectFrom('events').select('sequence').orderBy('sequence').limit(1),
          eb('last_event', '+', 1),
        )
        .as('oldest'),
    ]),
);

/**
 * One range of an index for each run and type, merged in order. With `type in (…)` or `run in (…)` the database would read every event
 * that fits, sort them and throw all but a page away; or walk over every event that does not fit. There is no upper bound: with two,
 * SQLite takes the index on the type where there is one on run and type, and walks over the events of all other runs.
 */
const page = family<string, PageArguments, EventRow>((shape) => (db, args) => {
  const [runs, types] = shape.split(':').map(Number);
  const range = (run: number | null, type: number | null) => {
    let events = db.selectFrom('events').selectAll().where('sequence', '>', args.after);
    if (run !== null) {
      events = events.where('run', '=', args[`run${run}`] ?? '');
    }
    if (type !== null) {
      events = events.where('type', '=', args[`type${type}`] ?? '');
    }
    return events;
  };
  const [first = [null, null], ...others] = argumentIndexes(runs).flatMap((run) =>
    argumentIndexes(types).map((type) => [run, type] as const),
  );
  let merged = range(...first);
  for (const other of others) {
    merged = merged.unionAll(range(...other));
  }
  return merged.orderBy('sequence').limit(args.limit);
});

/** @param runs how many, and so with the types; 0: all. */
export function pageStatement(runs: number, types: number): Statement<PageArguments, EventRow> {
  return page(`${runs}:${types}`);
}

export function typeArguments(types: readonly EventType[]): Readonly<Record<TypeArgument, string>> {
  return Object.fromEntries(types.map((type, index) => [`type${index}`, type]));
}

export const OLDEST = statement<{ readonly limit: number }, LogEntry>((db, { limit }) =>
  db.selectFrom('events').select(['sequence as position', 'time']).orderBy('sequence').limit(limit),
);

export const REMOVE_THROUGH = statement<{ readonly last: number }, unknown>((db, { last }) =>
  db.deleteFrom('events').where('sequence', '<=', last),
);
