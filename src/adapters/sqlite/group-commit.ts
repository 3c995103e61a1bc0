import { setImmediate } from 'node:timers/promises';
import { CompiledQuery, type Kysely } from '../../kysely.js';
import type { Schema } from './schema.js';
import { Batch, type Session, WorkSession } from './session.js';
import type { CompiledStatements } from './statement.js';

/** Bounds how long one batch keeps the event loop, and how much one failed commit takes back. */
const WORKS_PER_BATCH = 500;

const BEGIN = CompiledQuery.raw('begin immediate');
const COMMIT = CompiledQuery.raw('commit');
const ROLLBACK = CompiledQuery.raw('rollback');
const SAVEPOINT = CompiledQuery.raw('savepoint work');
const RELEASE = CompiledQuery.raw('release work');
const ROLLBACK_TO = CompiledQuery.raw('rollback to work');

/**
 * One durable commit costs a flush of the disk, however much it holds. So all works that are asked for in one turn of the event loop
 * share one:
 *
 *     queued ──next turn: begin──▶ running ──savepoint released──▶ done ──commit──▶ promise resolved
 *        ▲                            │                              └──commit fails──▶ rejected, all of the batch
 *        │                            ├──the work throws: back to its savepoint──▶ failed ──commit──▶ rejected, it alone
 *        └──────not yet begun─────────┴──the storage fails: rollback──▶ rejected, all that had begun
 *
 * Works run one at a time and promises settle in the order of the calls. A work must await nothing but its transaction: the batch
 * waits for it, and a `write` within a `write` would wait for itself.
 */
export class GroupCommit {
  readonly #db: Kysely<Schema>;
  readonly #statements: CompiledStatements;
  #queue: QueuedWork[] = [];
  #draining: Promise<void> | undefined;
  #closed = false;

  constructor(db: Kysely<Schema>, statements: CompiledStatements) {
    this.#db = db;
    this.#statements = statements;
  }

  write<T>(work: (session: Session) => Promise<T>): Promise<T> {
    if (this.#closed) {
      return Promise.reject(new Error('the store is closed'));
    }
    return new Promise<T>((resolve, reject) => {
      this.#queue.push({
        begin: async (session) => {
          const result = await work(session);
          return () => resolve(result);
        },
        reject,
      });
      this.#draining ??= this.#drain();
    });
  }

  /** Resolves when everything asked for before is settled. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#draining;
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0) {
      // The end of this turn: by then every request that arrived together has queued its work.
      await setImmediate();
      const works = this.#queue.splice(0, WORKS_PER_BATCH);
      const settle = await this.#commit(works);
      for (const one of settle) {
        one();
      }
    }
    this.#draining = undefined;
  }

  /** Never throws; returns how to settle the works, in order. */
  async #commit(works: readonly QueuedWork[]): Promise<readonly (() => void)[]> {
    const batch = new Batch(this.#db, this.#statements);
    const settle: (() => void)[] = [];
    let begun = 0;
    try {
      await this.#db.executeQuery(BEGIN);
      for (const work of works) {
        begun += 1;
        settle.push(await this.#run(work, batch));
      }
      await this.#db.executeQuery(COMMIT);
      return settle;
    } catch (error) {
      await this.#rollBack();
      // Those that have not begun know nothing of the trouble and may have better luck. A batch that never began has none of them.
      const lost = begun === 0 ? works : works.slice(0, begun);
      this.#queue.unshift(...works.slice(lost.length));
      return lost.map((work) => () => work.reject(error));
    }
  }

  /** Throws only when the whole batch is lost. */
  async #run(work: QueuedWork, batch: Batch): Promise<() => void> {
    const session = new WorkSession(batch);
    await this.#db.executeQuery(SAVEPOINT);
    const ended = await work.begin(session).then(
      (resolve) => ({ failed: false, settle: resolve }),
      (error: unknown) => ({ failed: true, settle: () => work.reject(error) }),
    );
    session.end();
    // Also when the work caught the fault and went on: SQLite may have taken back what it, and those before it, had written.
    if (batch.fault !== undefined) {
      throw batch.fault;
    }
    if (ended.failed) {
      await this.#db.executeQuery(ROLLBACK_TO);
    }
    await this.#db.executeQuery(RELEASE);
    return ended.settle;
  }

  async #rollBack(): Promise<void> {
    try {
      await this.#db.executeQuery(ROLLBACK);
    } catch {
      // SQLite had rolled it back already, or it never began.
    }
  }
}

interface QueuedWork {
  /** Runs the work; gives back how to resolve its promise. */
  begin(session: Session): Promise<() => void>;
  reject(error: unknown): void;
}
