import type { SnapshotDraft, SnapshotRecord, SnapshotState } from '../../engine/holdings/snapshot.js';
import type { SnapshotWriter } from '../../engine/store.js';
import { changedColumns } from './changes.js';
import { valuesOf } from './columns.js';
import { takeNumbers } from './counters.js';
import type { SnapshotRow } from './schema.js';
import type { Session } from './session.js';
import { family, type NoArguments, statement } from './statement.js';

type SnapshotChange = Parameters<SnapshotWriter['update']>[1];

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

const CHANGEABLE = {
  state: 'state',
  digest: 'digest',
  sizeBytes: 'size_bytes',
  fileCount: 'file_count',
} as const;

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

const update = family<string, Partial<SnapshotRow> & { readonly target: number }, unknown>(
  (columns) => (db, args) =>
    db
      .updateTable('snapshots')
      // Names of columns, joined below.
      .set(valuesOf(columns.split(',') as (keyof SnapshotRow)[], args as SnapshotRow))
      .where('id', '=', args.target),
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

  async insert({ pathOf, ...draft }: SnapshotDraft): Promise<SnapshotRecord> {
    const id = await takeNumbers(this.#session, 'last_snapshot', 1);
    const snapshot = { ...draft, id, path: pathOf(id) };
    await this.#session.change(INSERT, toRow(snapshot));
    return snapshot;
  }

  async update(id: number, change: SnapshotChange): Promise<void> {
    const changed = changedColumns<SnapshotChange, SnapshotRow>(CHANGEABLE, change);
    const columns = Object.keys(changed);
    if (columns.length > 0) {
      await this.#session.change(update(columns.join()), { ...changed, target: id });
    }
  }

  async remove(id: number): Promise<void> {
    await this.#session.change(REMOVE, { id });
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
