import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type Kysely,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from '../../kysely.js';
import { storageFault } from './storage-faults.js';

/** What is used of a better-sqlite3 handle. */
export interface StatementSource {
  prepare(sql: string): Statement;
}
interface Statement {
  readonly reader: boolean;
  all(parameters: readonly unknown[]): unknown[];
  run(parameters: readonly unknown[]): { readonly changes: number };
}

/**
 * Kysely's own SQLite driver compiles a statement anew for each execution, and hands its one connection round behind a lock that
 * wakes every waiter at each turn: a thousand long-polls that read at once took 75 ms with it and 15 ms without. better-sqlite3 runs a
 * statement to its end within the call, so neither is needed.
 */
export class SqliteDialect implements Dialect {
  readonly #file: string;
  readonly #handle: StatementSource;

  constructor(file: string, handle: StatementSource) {
    this.#file = file;
    this.#handle = handle;
  }
  createDriver(): Driver {
    return new SynchronousDriver(new StatementConnection(this.#file, this.#handle));
  }
  createQueryCompiler(): SqliteQueryCompiler {
    return new SqliteQueryCompiler();
  }
  createAdapter(): SqliteAdapter {
    return new TransactionalSqliteAdapter();
  }
  createIntrospector(db: Kysely<unknown>): SqliteIntrospector {
    return new SqliteIntrospector(db);
  }
}

/** SQLite can roll a schema change back. Kysely says no by default, and a kill in a migration would leave half of it for ever. */
class TransactionalSqliteAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

/** The handle is opened and closed by `database.ts`, which has things to do before and after. */
class SynchronousDriver implements Driver {
  readonly #connection: StatementConnection;

  constructor(connection: StatementConnection) {
    this.#connection = connection;
  }
  async init(): Promise<void> {}
  async acquireConnection(): Promise<DatabaseConnection> {
    return this.#connection;
  }
  async beginTransaction(): Promise<void> {
    await this.#connection.executeQuery(CompiledQuery.raw('begin immediate'));
  }
  async commitTransaction(): Promise<void> {
    await this.#connection.executeQuery(CompiledQuery.raw('commit'));
  }
  async rollbackTransaction(): Promise<void> {
    await this.#connection.executeQuery(CompiledQuery.raw('rollback'));
  }
  async releaseConnection(): Promise<void> {}
  async destroy(): Promise<void> {}
}

/** Far more than there are different statements; a bound only in case somebody builds SQL from input one day. */
const STATEMENTS_KEPT = 256;

class StatementConnection implements DatabaseConnection {
  readonly #file: string;
  readonly #handle: StatementSource;
  readonly #statements = new Map<string, Statement>();

  constructor(file: string, handle: StatementSource) {
    this.#file = file;
    this.#handle = handle;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    try {
      const statement = this.#statement(query.sql);
      if (statement.reader) {
        // Kysely's types say what the rows of its own query are; the driver cannot know.
        return { rows: statement.all(query.parameters) as R[] };
      }
      return { rows: [], numAffectedRows: BigInt(statement.run(query.parameters).changes) };
    } catch (error) {
      throw storageFault(this.#file, error);
    }
  }

  // biome-ignore lint/correctness/useYield: the interface asks for it; nothing here reads more than a page at a time.
  async *streamQuery(): AsyncIterableIterator<never> {
    throw new Error('a store reads pages, never streams');
  }

  #statement(sql: string): Statement {
    const known = this.#statements.get(sql);
    if (known !== undefined) {
      return known;
    }
    const statement = this.#handle.prepare(sql);
    if (this.#statements.size >= STATEMENTS_KEPT) {
      this.#statements.clear();
    }
    this.#statements.set(sql, statement);
    return statement;
  }
}
