import { StorageError } from '../../engine/storage-error.js';
import type { Kysely } from '../../kysely.js';
import type { Schema } from './schema.js';
import type { CompiledStatements, Statement } from './statement.js';

/** Where the tables run their statements: on committed data, or inside one work of a batch. */
export interface Session {
  rows<A extends object, R>(query: Statement<A, R>, args: A): Promise<readonly R[]>;
  /** How many rows it changed. */
  change<A extends object, R>(query: Statement<A, R>, args: A): Promise<number>;
}

/** Sees the last commit, at every statement anew: a method that needs one view must get it from one statement. */
export class CommittedSession implements Session {
  readonly #db: Kysely<Schema>;
  readonly #statements: CompiledStatements;

  constructor(db: Kysely<Schema>, statements: CompiledStatements) {
    this.#db = db;
    this.#statements = statements;
  }
  async rows<A extends object, R>(query: Statement<A, R>, args: A): Promise<readonly R[]> {
    return (await this.#db.executeQuery(this.#statements.bind(query, args))).rows;
  }
  async change(): Promise<number> {
    throw new Error('writes go through Store.write');
  }
}

/** What the works of one batch have in common. */
export class Batch {
  readonly #db: Kysely<Schema>;
  readonly #statements: CompiledStatements;
  /**
   * The first fault of the storage. SQLite ends the whole transaction by itself on some of them; a statement that came after would
   * commit on its own, outside of any batch. So none may come after.
   */
  fault: StorageError | undefined;

  constructor(db: Kysely<Schema>, statements: CompiledStatements) {
    this.#db = db;
    this.#statements = statements;
  }
  async execute<A extends object, R>(query: Statement<A, R>, args: A) {
    if (this.fault !== undefined) {
      throw this.fault;
    }
    try {
      return await this.#db.executeQuery(this.#statements.bind(query, args));
    } catch (error) {
      if (error instanceof StorageError) {
        this.fault = error;
      }
      throw error;
    }
  }
}

/** One work's part of a batch. It ends with its work: a forgotten `await` must not write into the next one's part. */
export class WorkSession implements Session {
  readonly #batch: Batch;
  #over = false;

  constructor(batch: Batch) {
    this.#batch = batch;
  }
  end(): void {
    this.#over = true;
  }
  async rows<A extends object, R>(query: Statement<A, R>, args: A): Promise<readonly R[]> {
    this.#refuseLate();
    return (await this.#batch.execute(query, args)).rows;
  }
  async change<A extends object, R>(query: Statement<A, R>, args: A): Promise<number> {
    this.#refuseLate();
    return Number((await this.#batch.execute(query, args)).numAffectedRows ?? 0n);
  }
  #refuseLate(): void {
    if (this.#over) {
      throw new Error('the transaction is over: its work must await everything that it does in it');
    }
  }
}
