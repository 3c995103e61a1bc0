import type { WaitOutcome, WaitSummary } from '../../engine/waits/wait.js';
import { type RawBuilder, sql } from '../../kysely.js';
import { type RunArgument, roomFor, runArguments } from './merge-runs.js';
import type { Session } from './session.js';
import { family } from './statement.js';

interface RunArguments {
  readonly [run: RunArgument]: string;
}

interface Parts {
  /** The rows that count: a table and its condition, to which more can be added. */
  readonly kept: RawBuilder<unknown>;
  /** Their durations, the longest first. */
  readonly longest: RawBuilder<unknown>;
  /** Tables that the other two are made from; each ends in a comma. */
  readonly tables: RawBuilder<unknown>;
}

/**
 * One statement, so that the counts and the ranks are of the same moment. By the nearest-rank method the p-th percentile of n is the one of
 * rank ceil(n * p / 100), which stands n - ceil(n * p / 100) from the end.
 */
function summaryOf({ kept, longest, tables }: Parts): RawBuilder<WaitSummary> {
  const count = (outcome: WaitOutcome) =>
    sql`(select count(*) from ${kept} and outcome = ${sql.lit(outcome)})`;
  const fromEnd = (percent: number) =>
    sql`(select duration_ms from ${longest} limit 1 offset (select n - (n * ${sql.lit(percent)} + 99) / 100 from total))`;
  return sql<WaitSummary>`
    with ${tables} counted as materialized (select ${count('reached')} as reached, ${count('timeout')} as timeout,
      ${count('finished')} as finished, ${count('cancelled')} as cancelled),
    total as materialized (select reached + timeout + finished + cancelled as n from counted)
    select n as count, reached, timeout, finished, cancelled,
      ${fromEnd(50)} as p50, ${fromEnd(90)} as p90, ${fromEnd(99)} as p99, ${fromEnd(100)} as max
    from counted, total`;
}

/**
 * Each part walks an index and no row: an outcome is counted from (run, outcome), which takes half the time of grouping by it, and a
 * duration is found by its rank from the end of (run, duration).
 */
const summary = family<boolean, RunArguments, WaitSummary>((ofRun) => (db, { run0 }) => {
  const kept = ofRun ? sql`waits where run = ${run0}` : sql`waits where true`;
  const query = summaryOf({ kept, longest: sql`${kept} order by duration_ms desc`, tables: sql`` });
  return { compile: () => query.compile(db) };
});

/**
 * The durations of several runs stand in no index in their common order, so they are sorted, once, and stay so: 40 ms for the 100,000
 * waits that are kept by default.
 */
const summaryOfSome = family<number, RunArguments, WaitSummary>((runs) => (db, args) => {
  const names = sql.join([...Array(runs).keys()].map((run) => sql`(${args[`run${run}`]})`));
  const kept = sql`waits where run in (select run from names)`;
  const tables = sql`names(run) as (values ${names}),
    longest as materialized (select duration_ms from ${kept} order by duration_ms desc),`;
  const query = summaryOf({ kept, longest: sql`longest`, tables });
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

/** @param runs null: all. */
export async function summarizeWaits(session: Session, runs: readonly string[] | null): Promise<WaitSummary> {
  const names = runs === null ? [] : roomFor(runs);
  const query = names.length > 1 ? summaryOfSome(names.length) : summary(runs !== null);
  const [row] = await session.rows(query, runArguments(names));
  return row ?? NOTHING;
}
