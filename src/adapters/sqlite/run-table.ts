import type { RunRecord } from '../../engine/runs/run.js';
import type { RunWriter } from '../../engine/store.js';
import { fromJson, toJson, valuesOf, valuesOfInsert } from './columns.js';
import type { RunRow } from './schema.js';
import type { Session } from './session.js';
import { type NoArguments, statement } from './statement.js';

const COLUMNS = [
  'name',
  'directory',
  'real_path',
  'options_json',
  'finished_at',
  'finish_reason',
  'unavailable_since',
  'created_at',
  'created_by',
] as const satisfies readonly (keyof RunRow)[];

const LIST = statement<NoArguments, RunRow>((db) => db.selectFrom('runs').selectAll().orderBy('name'));

// An upsert, not a replace: replacing the row would take the run's steps with it.
const PUT = statement<RunRow, unknown>((db, run) =>
  db
    .insertInto('runs')
    .values(valuesOf<RunRow>(COLUMNS, run))
    .onConflict((conflict) => conflict.column('name').doUpdateSet(valuesOfInsert<RunRow>(COLUMNS))),
);

// Steps and grant keys go by their foreign keys.
const REMOVE = statement<{ readonly name: string }, unknown>((db, { name }) =>
  db.deleteFrom('runs').where('name', '=', name),
);

export class RunTable implements RunWriter {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  async list(): Promise<readonly RunRecord[]> {
    return (await this.#session.rows(LIST, {})).map(toRecord);
  }

  async put(run: RunRecord): Promise<void> {
    await this.#session.change(PUT, toRow(run));
  }

  async remove(name: string): Promise<boolean> {
    return (await this.#session.change(REMOVE, { name })) > 0;
  }
}

function toRow(run: RunRecord): RunRow {
  return {
    name: run.name,
    directory: run.directory,
    real_path: run.realPath,
    options_json: toJson(run.options),
    finished_at: run.finishedAt,
    finish_reason: run.finishReason,
    unavailable_since: run.unavailableSince,
    created_at: run.createdAt,
    created_by: run.createdBy,
  };
}

function toRecord(row: RunRow): RunRecord {
  return {
    name: row.name,
    directory: row.directory,
    realPath: row.real_path,
    options: fromJson(row.options_json),
    finishedAt: row.finished_at,
    finishReason: row.finish_reason,
    unavailableSince: row.unavailable_since,
    createdAt: row.created_at,
    createdBy: row.created_by,
  };
}
