import type { RunGlobs } from '../../engine/access/run-globs.js';
import type { WaitPage, WaitQuery, WaitWriter } from '../../engine/store.js';
import type { WaitOutcome, WaitRecord, WaitSource, WaitSummary } from '../../engine/waits/wait.js';
import { valuesOf } from './columns.js';
import { takeNumbers } from './counters.js';
import type { PruneLimits } from './log-pruning.js';
import { type LogEntry, lastToPrune } from './log-pruning.js';
import { argumentIndexes, mergeRuns, type RunArgument, runArguments } from './merge-runs.js';
import { runNames } from './run-names.js';
import type { WaitRow } from './schema.js';
import type { Session } from './session.js';
import { family, type NoArguments, statement } from './statement.js';
import { summarizeWaits } from './wait-summary.js';

const COLUMNS = [
  'position',
  'run',
  'until',
  'started_at',
  'duration_ms',
  'outcome',
  'step',
  'source',
] as const satisfies readonly (keyof WaitRow)[];

interface PageArguments {
  readonly before: number;
  readonly limit: number;
  readonly [run: RunArgument]: string;
}

/** One range of an index for each run, merged in order. */
const page = family<number, PageArguments, WaitRow>((runs) => (db, args) => {
  const range = (run: number | null) => {
    const waits = db.selectFrom('waits').selectAll().where('position', '<', args.before);
    return run === null ? waits : waits.where('run', '=', args[`run${run}`] ?? '');
  };
  const [first = null, ...others] = argumentIndexes(runs);
  let merged = range(first);
  for (const other of others) {
    merged = merged.unionAll(range(other));
  }
  return merged.orderBy('position', 'desc').limit(args.limit);
});

const INSERT = statement<WaitRow, unknown>((db, wait) =>
  db.insertInto('waits').values(valuesOf<WaitRow>(COLUMNS, wait)),
);

const OLDEST = statement<{ readonly limit: number }, LogEntry>((db, { limit }) =>
  db.selectFrom('waits').select(['position', 'started_at as time']).orderBy('position').limit(limit),
);

const NEWEST = statement<NoArguments, { last: number }>((db) =>
  db.selectFrom('meta').select('last_wait as last').where('id', '=', 1),
);

const REMOVE_THROUGH = statement<{ readonly last: number }, unknown>((db, { last }) =>
  db.deleteFrom('waits').where('position', '<=', last),
);

export class WaitTable implements WaitWriter {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  async page(query: WaitQuery): Promise<WaitPage> {
    const before = query.before ?? Number.MAX_SAFE_INTEGER;
    const limit = query.limit + 1;
    const rows = await mergeRuns<WaitRow>(
      await runNames(this.#session, 'waits', query.runs),
      1,
      limit,
      (some) => this.#session.rows(page(some?.length ?? 0), { before, limit, ...runArguments(some) }),
      (a, b) => b.position - a.position,
    );
    const shown = rows.slice(0, query.limit);
    return {
      waits: shown.map(toRecord),
      next: rows.length > query.limit ? (shown.at(-1)?.position ?? before) : null,
    };
  }

  async summary(runs: RunGlobs): Promise<WaitSummary> {
    return summarizeWaits(this.#session, await runNames(this.#session, 'waits', runs));
  }

  async append(waits: readonly WaitRecord[]): Promise<void> {
    if (waits.length === 0) {
      return;
    }
    let position = await takeNumbers(this.#session, 'last_wait', waits.length);
    for (const wait of waits) {
      await this.#session.change(INSERT, toRow(position, wait));
      position += 1;
    }
  }

  async prune(limits: PruneLimits): Promise<number> {
    const oldest = await this.#session.rows(OLDEST, { limit: limits.atMost });
    const [newest] = await this.#session.rows(NEWEST, {});
    const last = lastToPrune(oldest, newest?.last ?? 0, limits);
    return last === null ? 0 : this.#session.change(REMOVE_THROUGH, { last });
  }
}

function toRow(position: number, wait: WaitRecord): WaitRow {
  return {
    position,
    run: wait.run,
    until: wait.until,
    started_at: wait.startedAt,
    duration_ms: wait.durationMs,
    outcome: wait.outcome,
    step: wait.step,
    source: wait.source,
  };
}

function toRecord(row: WaitRow): WaitRecord {
  return {
    run: row.run,
    until: row.until,
    startedAt: row.started_at,
    durationMs: row.duration_ms,
    // Both were written by `toRow` from values of their types.
    outcome: row.outcome as WaitOutcome,
    step: row.step,
    source: row.source as WaitSource,
  };
}
