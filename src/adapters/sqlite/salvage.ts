import type { RunRecord } from '../../engine/runs/run.js';
import { DEFAULT_RUN_OPTIONS } from '../../engine/runs/run-options.js';
import { type DatabaseReader, openDatabaseReader } from './database-reader.js';

export interface Salvage {
  readonly storeId: string | null;
  readonly runs: readonly RunRecord[];
}

const NOTHING: Salvage = { storeId: null, runs: [] };

/** What can still be read of a damaged database: its id, and the runs. */
export async function salvage(file: string): Promise<Salvage> {
  let reader: DatabaseReader;
  try {
    reader = openDatabaseReader(file);
  } catch {
    return NOTHING;
  }
  try {
    return { storeId: readable(() => reader.storeId()), runs: await runsOf(reader) };
  } finally {
    reader.close();
  }
}

function readable<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}

async function runsOf({ runs }: DatabaseReader): Promise<readonly RunRecord[]> {
  try {
    const all = await runs.list();
    return all
      .filter(({ directory }) => directory.startsWith('/'))
      .map((run) => ({
        ...run,
        createdBy: run.createdBy ?? null,
        options: { ...DEFAULT_RUN_OPTIONS, ...run.options },
      }));
  } catch {
    return [];
  }
}
