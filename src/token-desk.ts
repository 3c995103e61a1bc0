import { sha256 } from './adapters/access/sha256.js';
import { openDatabaseReader } from './adapters/sqlite/database-reader.js';
import { openSqliteStore } from './adapters/sqlite/sqlite-store.js';
import { systemClock } from './adapters/system-clock.js';
import type { OpenTokenDesk, Token } from './cli/tokens/token-desk.js';
import { Access } from './engine/access/access.js';
import { ANONYMOUS } from './engine/access/principal.js';
import type { TokenDocument } from './engine/access/token-document.js';
import { EngineError } from './engine/errors.js';
import { silentObserver } from './engine/observer.js';
import { isExpected, StartupError } from './startup-error.js';

const ALL = Number.MAX_SAFE_INTEGER;

/** Tokens straight in the database. Whoever can write that file may do everything anyway. */
export const openTokenDesk: OpenTokenDesk = async (file, create) => {
  const { store, access } = await told(() => open(file, create));
  return {
    create: ({ name, scope, runs, expiresIn }) =>
      told(async () => {
        const expiresInMs = expiresIn === null ? null : expiresIn * 1_000;
        const created = await access.tokens.create(ANONYMOUS, { name, scope, runs, expiresInMs });
        return { ...shown(created), token: created.token };
      }),
    list: async () => access.tokens.list(ANONYMOUS, ALL, null).items.map(shown),
    revoke: (name) => told(() => access.tokens.revoke(ANONYMOUS, name)),
    close: async () => {
      await access.close();
      await store.close();
    },
  };
};

async function open(file: string, create: boolean) {
  // A file that is not there is a mistake, except where the first token is made.
  if (!create) openDatabaseReader(file).close();
  const store = await openSqliteStore({ file, clock: systemClock });
  const access = await Access.open({ store, clock: systemClock, observer: silentObserver, digest: sha256 });
  return { store, access };
}

function shown({ name, scope, runs, created_at, expires_at, last_used_at }: TokenDocument): Token {
  return { name, scope, runs: [...runs], created_at, expires_at, last_used_at };
}

/** Errors that lie in what was asked, or in the file, are told by their sentence alone. */
async function told<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isExpected(error)) throw error;
    const hint = error instanceof EngineError && error.hint !== undefined ? `; ${error.hint}` : '';
    throw new StartupError(error.message + hint, error);
  }
}
