import type { WaitPage, WaitQuery, WaitWriter } from '../../engine/store.js';
import type { WaitOutcome, WaitRecord, WaitSource, WaitSummary } from '../../engine/waits/wait.js';
import { valuesOf } from './columns.js';
import { takeNumbers } from './counters.js';
import type { PruneLimits } from './log-pruning.js';
import { type LogEntry, lastToPrune } from './log-pruning.js';
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

const page = family<boolean, WaitQuery & { readonly before: number }, WaitRow>(
  (ofRun) =>
    (db, { run, before, limit }) => {
      const waits = db.selectFrom('waits').selectAll().where('position', '<', before);
      return (ofRun ? waits.where('run', '=', run) : waits).orderBy('position', 'desc').limit(limit);
    },
);

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
    const rows = await this.#session.rows(page(query.run !== null), {
      run: query.run,
      before,
      limit: query.limit + 1,
    });
    const shown = rows.slice(0, query.limit);
    return {
      waits: shown.map(toRecord),
      next: rows.length > query.limit ? (shown.at(-1)?.position ?? before) : null,
    };
  }

  async summary(run: string | null): Promise<WaitSummary> {
    return summarizeWaits(this.#session, run);
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
