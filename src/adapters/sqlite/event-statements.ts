import type { EventType } from '../../engine/events/event.js';
import { valuesOf } from './columns.js';
import type { LogEntry } from './log-pruning.js';
import type { EventRow } from './schema.js';
import { family, type NoArguments, type Statement, statement } from './statement.js';

export interface PageArguments {
  readonly after: number;
  readonly through: number;
  readonly run: string | null;
  readonly limit: number;
  /** The types asked for, by index. */
  readonly [type: number]: string;
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

/** Of all runs or of one; of all types. */
const allTypes = family<boolean, PageArguments, EventRow>((ofRun) => (db, args) => {
  const page = db
    .selectFrom('events')
    .selectAll()
    .where('sequence', '>', args.after)
    .where('sequence', '<=', args.through);
  return (ofRun ? page.where('run', '=', args.run) : page).orderBy('sequence').limit(args.limit);
});

/**
 * One range of an index for each type, merged in order. With `type in (…)` the database would read every event of those types, sort
 * them and throw all but a page away; or walk over every event that has another type.
 */
const someTypes = family<string, PageArguments, EventRow>((shape) => (db, args) => {
  const [scope, count] = shape.split(':');
  const range = (index: number) => {
    const page = db
      .selectFrom('events')
      .selectAll()
      .where('type', '=', args[index] ?? '')
      .where('sequence', '>', args.after)
      .where('sequence', '<=', args.through);
    return scope === 'run' ? page.where('run', '=', args.run) : page;
  };
  let merged = range(0);
  for (let index = 1; index < Number(count); index += 1) {
    merged = merged.unionAll(range(index));
  }
  return merged.orderBy('sequence').limit(args.limit);
});

export function pageStatement(
  args: PageArguments,
  types: readonly EventType[] | null,
): { readonly statement: Statement<PageArguments, EventRow>; readonly args: PageArguments } {
  if (types === null) {
    return { statement: allTypes(args.run !== null), args };
  }
  const scope = args.run === null ? 'all' : 'run';
  return { statement: someTypes(`${scope}:${types.length}`), args: { ...args, ...types } };
}

export const OLDEST = statement<{ readonly limit: number }, LogEntry>((db, { limit }) =>
  db.selectFrom('events').select(['sequence as position', 'time']).orderBy('sequence').limit(limit),
);

export const REMOVE_THROUGH = statement<{ readonly last: number }, unknown>((db, { last }) =>
  db.deleteFrom('events').where('sequence', '<=', last),
);
