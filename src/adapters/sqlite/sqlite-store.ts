import type { TokenReader } from '../../engine/access/token.js';
import type {
  ConsumerReader,
  EventReader,
  GrantKeyReader,
  LeaseReader,
  RunReader,
  SnapshotReader,
  StepReader,
  Store,
  Transaction,
  WaitReader,
} from '../../engine/store.js';
import { ConsumerTable } from './consumer-table.js';
import { openDatabase, type SqliteDatabase, type StoreClock } from './database.js';
import { EventTable } from './event-table.js';
import { GrantKeyTable } from './grant-key-table.js';
import { GroupCommit } from './group-commit.js';
import { LeaseTable } from './lease-table.js';
import { RunTable } from './run-table.js';
import { CommittedSession, type Session } from './session.js';
import { SnapshotTable } from './snapshot-table.js';
import { CompiledStatements } from './statement.js';
import { StepTable } from './step-table.js';
import { TokenTable } from './token-table.js';
import { WaitTable } from './wait-table.js';

export interface SqliteStoreOptions {
  /** Created when missing; its directory must exist. A second file with `-lock` behind its name appears beside it. */
  readonly file: string;
  readonly clock: StoreClock;
}

/**
 * Opens, and where needed creates or migrates, the database, and owns it until `close`.
 *
 * @throws DatabaseInUseError when another server has it; StorageError when it cannot be used.
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<Store> {
  return new SqliteStore(await openDatabase(options.file, options.clock));
}

export class SqliteStore implements Store {
  readonly id: string;
  readonly runs: RunReader;
  readonly steps: StepReader;
  readonly events: EventReader;
  readonly snapshots: SnapshotReader;
  readonly leases: LeaseReader;
  readonly keys: GrantKeyReader;
  readonly consumers: ConsumerReader;
  readonly waits: WaitReader;
  readonly tokens: TokenReader;
  readonly #database: SqliteDatabase;
  readonly #commits: GroupCommit;
  #closing: Promise<void> | undefined;

  constructor(database: SqliteDatabase) {
    const statements = new CompiledStatements(database.writes);
    const committed = tablesOn(new CommittedSession(database.reads, statements));
    this.id = database.id;
    this.runs = committed.runs;
    this.steps = committed.steps;
    this.events = committed.events;
    this.snapshots = committed.snapshots;
    this.leases = committed.leases;
    this.keys = committed.keys;
    this.consumers = committed.consumers;
    this.waits = committed.waits;
    this.tokens = committed.tokens;
    this.#database = database;
    this.#commits = new GroupCommit(database.writes, statements);
  }

  write<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.#commits.write((session) => work(tablesOn(session)));
  }

  close(): Promise<void> {
    this.#closing ??= this.#commits.close().finally(() => this.#database.close());
    return this.#closing;
  }
}

function tablesOn(session: Session): Transaction {
  return {
    runs: new RunTable(session),
    steps: new StepTable(session),
    events: new EventTable(session),
    snapshots: new SnapshotTable(session),
    leases: new LeaseTable(session),
    keys: new GrantKeyTable(session),
    consumers: new ConsumerTable(session),
    waits: new WaitTable(session),
    tokens: new TokenTable(session),
  };
}
