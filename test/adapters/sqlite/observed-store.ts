import { join } from 'node:path';
import { openDatabase, type SqliteDatabase } from '../../../src/adapters/sqlite/database.js';
import { SqliteDialect, type StatementSource } from '../../../src/adapters/sqlite/dialect.js';
import type { Schema } from '../../../src/adapters/sqlite/schema.js';
import { SqliteStore } from '../../../src/adapters/sqlite/sqlite-store.js';
import type { Store } from '../../../src/engine/store.js';
import { Kysely } from '../../../src/kysely.js';
import { run } from '../../conformance/sample-records.js';
import { FakeClock } from '../../support/fake-clock.js';
import { type Cleanup, temporaryDirectory } from '../../support/temporary-directory.js';

export interface ObservedStore {
  readonly store: Store;
  /** With the raw handles, so that a test can put obstacles in their way. */
  readonly database: SqliteDatabase;
}

/**
 * A store with the run `r`.
 *
 * @param beforeStatement sees each statement before it runs; what it throws, the statement throws.
 */
export async function observedStore(
  test: Cleanup,
  beforeStatement: (sql: string, parameters: readonly unknown[]) => void = () => undefined,
): Promise<ObservedStore> {
  let close = async (): Promise<void> => undefined;
  test.after(() => close());
  const file = join(await temporaryDirectory(test), 'store.db');
  const database = await openDatabase(file, new FakeClock());
  const observed = (handle: StatementSource) =>
    new Kysely<Schema>({ dialect: new SqliteDialect(file, observe(handle, beforeStatement)) });
  const store = new SqliteStore({
    ...database,
    writes: observed(database.writer),
    reads: observed(database.reader),
  });
  close = () => store.close();
  await store.write((tx) => tx.runs.put(run('r')));
  return { store, database };
}

function observe(
  handle: StatementSource,
  before: (sql: string, parameters: readonly unknown[]) => void,
): StatementSource {
  return {
    prepare: (sql) => {
      const statement = handle.prepare(sql);
      return {
        reader: statement.reader,
        all: (parameters) => {
          before(sql, parameters);
          return statement.all(parameters);
        },
        run: (parameters) => {
          before(sql, parameters);
          return statement.run(parameters);
        },
      };
    },
  };
}
