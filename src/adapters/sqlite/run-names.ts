import type { RunGlobs } from '../../engine/access/run-globs.js';
import { sql } from '../../kysely.js';
import type { Session } from './session.js';
import { family, type NoArguments } from './statement.js';

type Table = 'events' | 'leases' | 'waits';

/** Jumps from name to name along an index that begins with the run: `distinct` would read every row of the table. */
const everyName = family<Table, NoArguments, { run: string }>((name) => (db) => {
  const table = sql.table(name);
  const query = sql<{ run: string }>`
    with recursive names(run) as (
      select min(run) from ${table}
      union all
      select (select min(run) from ${table} where run > names.run) from names where names.run is not null
    )
    select run from names where run is not null`;
  return { compile: () => query.compile(db) };
});

/**
 * The runs asked for that have rows in a table, registered still or not; null: all of them. What a pattern fits is decided by `RunGlobs`
 * alone, and the indexes are asked for runs by name.
 */
export async function runNames(
  session: Session,
  table: Table,
  runs: RunGlobs,
): Promise<readonly string[] | null> {
  if (runs.isEverything) {
    return null;
  }
  if (runs.names !== null) {
    return runs.names;
  }
  const rows = await session.rows(everyName(table), {});
  return rows.map(({ run }) => run).filter((run) => runs.sees(run));
}
