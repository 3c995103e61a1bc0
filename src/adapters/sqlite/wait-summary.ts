import type { WaitOutcome, WaitSummary } from '../../engine/waits/wait.js';
import { sql } from '../../kysely.js';
import type { Session } from './session.js';
import { family } from './statement.js';

/**
 * One statement, so that the counts and the ranks are of the same moment. Each part walks an index and no row: an outcome is counted from
 * (run, outcome), which takes half the time of grouping by it, and a duration is found by its rank from the end of (run, duration). By the
 * nearest-rank method the p-th percentile of n is the one of rank ceil(n * p / 100), which stands n - ceil(n * p / 100) from the end.
 */
const summary = family<boolean, { readonly run: string | null }, WaitSummary>((ofRun) => (db, { run }) => {
  const kept = ofRun ? sql`waits where run = ${run}` : sql`waits where true`;
  const count = (outcome: WaitOutcome) =>
    sql`(select count(*) from ${kept} and outcome = ${sql.lit(outcome)})`;
  const fromEnd = (percent: number) =>
    sql`(select duration_ms from ${kept} order by duration_ms desc limit 1
      offset (select n - (n * ${sql.lit(percent)} + 99) / 100 from total))`;
  const query = sql<WaitSummary>`
    with counted as materialized (select ${count('reached')} as reached, ${count('timeout')} as timeout,
      ${count('finished')} as finished, ${count('cancelled')} as cancelled),
    total as materialized (select reached + timeout + finished + cancelled as n from counted)
    select n as count, reached, timeout, finished, cancelled,
      ${fromEnd(50)} as p50, ${fromEnd(90)} as p90, ${fromEnd(99)} as p99, ${fromEnd(100)} as max
    from counted, total`;
  return { compile: () => query.compile(db) };
});

const NOTHING: WaitSummary = {
  count: 0,
  reached: 0,
  timeout: 0,
  finished: 0,
  cancelled: 0,
  p50: null,
  p90: null,
  p99: null,
  max: null,
};

export async function summarizeWaits(session: Session, run: string | null): Promise<WaitSummary> {
  const [row] = await session.rows(summary(run !== null), { run });
  return row ?? NOTHING;
}
