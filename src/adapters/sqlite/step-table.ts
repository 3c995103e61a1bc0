import type { StepEntry, StepState } from '../../engine/steps/step.js';
import type { StepWriter } from '../../engine/store.js';
import { fromJsonOrNull, toJsonOrNull, valuesOf, valuesOfInsert } from './columns.js';
import type { StepRow } from './schema.js';
import type { Session } from './session.js';
import { statement } from './statement.js';

const COLUMNS = [
  'run',
  'name',
  'step',
  'state',
  'reason',
  'generation',
  'committed_at',
  'init_at',
  'items_json',
  'metrics_json',
  'custom_metadata_json',
  'size_bytes',
  'file_count',
  'inventory_digest',
  'commit_marker',
  'metadata_trouble',
  'metrics_trouble',
] as const satisfies readonly (keyof StepRow)[];

const LIST = statement<{ readonly run: string }, StepRow>((db, { run }) =>
  db.selectFrom('steps').selectAll().where('run', '=', run).orderBy('name'),
);

// One row at a time: a statement built once and run a hundred times is four times as fast as one of a hundred rows built anew.
const PUT = statement<StepRow, unknown>((db, step) =>
  db
    .insertInto('steps')
    .values(valuesOf<StepRow>(COLUMNS, step))
    .onConflict((conflict) =>
      conflict.columns(['run', 'name']).doUpdateSet(valuesOfInsert<StepRow>(COLUMNS)),
    ),
);

const REMOVE = statement<{ readonly run: string; readonly name: string }, unknown>((db, { run, name }) =>
  db.deleteFrom('steps').where('run', '=', run).where('name', '=', name),
);

export class StepTable implements StepWriter {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  async list(run: string): Promise<readonly StepEntry[]> {
    return (await this.#session.rows(LIST, { run })).map(toEntry);
  }

  async put(run: string, entries: readonly StepEntry[]): Promise<void> {
    for (const entry of entries) {
      await this.#session.change(PUT, toRow(run, entry));
    }
  }

  async remove(run: string, names: readonly string[]): Promise<readonly string[]> {
    const removed: string[] = [];
    for (const name of names) {
      if ((await this.#session.change(REMOVE, { run, name })) > 0) {
        removed.push(name);
      }
    }
    return removed;
  }
}

function toRow(run: string, entry: StepEntry): StepRow {
  return {
    run,
    name: entry.name,
    step: entry.step,
    state: entry.state,
    reason: entry.reason ?? '',
    generation: entry.generation,
    committed_at: entry.committedAt,
    init_at: entry.initAt,
    items_json: toJsonOrNull(entry.items),
    metrics_json: toJsonOrNull(entry.metrics),
    custom_metadata_json: toJsonOrNull(entry.customMetadata),
    size_bytes: entry.sizeBytes,
    file_count: entry.fileCount,
    inventory_digest: entry.inventoryDigest,
    commit_marker: entry.commitMarker,
    metadata_trouble: entry.metadataTrouble,
    metrics_trouble: entry.metricsTrouble,
  };
}

function toEntry(row: StepRow): StepEntry {
  return {
    name: row.name,
    step: row.step,
    // Written by `toRow` from a `StepState`.
    state: row.state as StepState,
    // The column takes no null: an empty text stands for it.
    reason: row.reason === '' ? null : row.reason,
    generation: row.generation,
    committedAt: row.committed_at,
    initAt: row.init_at,
    items: fromJsonOrNull(row.items_json),
    metrics: fromJsonOrNull(row.metrics_json),
    customMetadata: fromJsonOrNull(row.custom_metadata_json),
    sizeBytes: row.size_bytes,
    fileCount: row.file_count,
    inventoryDigest: row.inventory_digest,
    commitMarker: row.commit_marker,
    metadataTrouble: row.metadata_trouble,
    metricsTrouble: row.metrics_trouble,
  };
}
