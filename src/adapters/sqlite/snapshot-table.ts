import type { SnapshotDraft, SnapshotRecord, SnapshotState } from '../../engine/holdings/snapshot.js';
import type { SnapshotWriter } from '../../engine/store.js';
import { valuesOf } from './columns.js';
import { lastNumber, takeNumbers } from './counters.js';
import type { SnapshotRow } from './schema.js';
import type { Session } from './session.js';
import { type NoArguments, statement } from './statement.js';

const COLUMNS = [
  'id',
  'run',
  'generation',
  'step',
  'step_name',
  'state',
  'mode',
  'layout',
  'snapshot_directory',
  'path',
  'digest',
  'size_bytes',
  'file_count',
  'created_at',
] as const satisfies readonly (keyof SnapshotRow)[];

const LIST = statement<NoArguments, SnapshotRow>((db) =>
  db.selectFrom('snapshots').selectAll().orderBy('id'),
);

const FIND = statement<{ readonly run: string; readonly generation: string }, SnapshotRow>(
  (db, { run, generation }) =>
    db.selectFrom('snapshots').selectAll().where('run', '=', run).where('generation', '=', generation),
);

const INSERT = statement<SnapshotRow, unknown>((db, snapshot) =>
  db.insertInto('snapshots').values(valuesOf<SnapshotRow>(COLUMNS, snapshot)),
);

const ADVANCE = statement<
  { readonly id: number; readonly from: SnapshotState; readonly to: SnapshotState },
  unknown
>((db, { id, from, to }) =>
  db.updateTable('snapshots').set({ state: to }).where('id', '=', id).where('state', '=', from),
);

const REMOVE = statement<{ readonly id: number }, unknown>((db, { id }) =>
  db.deleteFrom('snapshots').where('id', '=', id),
);

export class SnapshotTable implements SnapshotWriter {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  async list(): Promise<readonly SnapshotRecord[]> {
    return (await this.#session.rows(LIST, {})).map(toRecord);
  }

  async find(run: string, generation: string): Promise<SnapshotRecord | null> {
    const [row] = await this.#session.rows(FIND, { run, generation });
    return row === undefined ? null : toRecord(row);
  }

  async lastId(): Promise<number> {
    return lastNumber(this.#session, 'last_snapshot');
  }

  async insert({ pathOf, ...draft }: SnapshotDraft): Promise<SnapshotRecord> {
    const id = await takeNumbers(this.#session, 'last_snapshot', 1);
    const snapshot = { ...draft, id, path: pathOf(id) };
    await this.#session.change(INSERT, toRow(snapshot));
    return snapshot;
  }

  async advance(id: number, from: SnapshotState, to: SnapshotState): Promise<boolean> {
    return (await this.#session.change(ADVANCE, { id, from, to })) > 0;
  }

  async remove(id: number): Promise<boolean> {
    return (await this.#session.change(REMOVE, { id })) > 0;
  }

  async skipTo(id: number): Promise<void> {
    const missing = id - (await this.lastId());
    if (missing > 0) await takeNumbers(this.#session, 'last_snapshot', missing);
  }
}

function toRow(snapshot: SnapshotRecord): SnapshotRow {
  return {
    id: snapshot.id,
    run: snapshot.run,
    generation: snapshot.generation,
    step: snapshot.step,
    step_name: snapshot.stepName,
    state: snapshot.state,
    mode: snapshot.mode,
    layout: snapshot.layout,
    snapshot_directory: snapshot.snapshotDirectory,
    path: snapshot.path,
    digest: snapshot.digest,
    size_bytes: snapshot.sizeBytes,
    file_count: snapshot.fileCount,
    created_at: snapshot.createdAt,
  };
}

function toRecord(row: SnapshotRow): SnapshotRecord {
  return {
    id: row.id,
    run: row.run,
    generation: row.generation,
    step: row.step,
    stepName: row.step_name,
    // These three were written by `toRow` from values of their types.
    state: row.state as SnapshotState,
    mode: row.mode as SnapshotRecord['mode'],
    layout: row.layout as SnapshotRecord['layout'],
    snapshotDirectory: row.snapshot_directory,
    path: row.path,
    digest: row.digest,
    sizeBytes: row.size_bytes,
    fileCount: row.file_count,
    createdAt: row.created_at,
  };
}
