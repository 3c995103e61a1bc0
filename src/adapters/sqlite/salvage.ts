import type { TokenRecord } from '../../engine/access/token.js';
import type { RunRecord } from '../../engine/runs/run.js';
import { DEFAULT_RUN_OPTIONS } from '../../engine/runs/run-options.js';
import { type DatabaseReader, openDatabaseReader } from './database-reader.js';

export interface Salvage {
  readonly storeId: string | null;
  readonly runs: readonly RunRecord[];
  readonly tokens: SalvagedTokens;
}

export interface SalvagedTokens {
  readonly live: readonly TokenRecord[];
  /** Whether there is a sign of one, live or revoked: a server that had one stays closed. */
  readonly haveExisted: boolean;
}

const NO_TOKENS: SalvagedTokens = { live: [], haveExisted: false };
const NOTHING: Salvage = { storeId: null, runs: [], tokens: NO_TOKENS };

/** What can still be read of a damaged database: its id, the runs and the tokens. */
export async function salvage(file: string): Promise<Salvage> {
  let reader: DatabaseReader;
  try {
    reader = openDatabaseReader(file);
  } catch {
    return NOTHING;
  }
  try {
    return {
      storeId: readable(() => reader.storeId()),
      runs: await runsOf(reader),
      tokens: await tokensOf(reader),
    };
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

/** A digest out of a damaged page would open the server to nobody, and is left out. */
async function tokensOf({ tokens }: DatabaseReader): Promise<SalvagedTokens> {
  try {
    const live = (await tokens.list()).filter(({ digest }) => /^[0-9a-f]{64}$/.test(digest));
    return { live, haveExisted: await tokens.haveExisted() };
  } catch {
    return NO_TOKENS;
  }
}
