import type { TokenReader } from '../../../src/engine/access/token.js';
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
} from '../../../src/engine/store.js';
import { MemoryConsumers } from './memory-consumers.js';
import { MemoryEvents } from './memory-events.js';
import { MemoryGrantKeys, MemoryLeases } from './memory-leases.js';
import { MemoryRuns, MemorySteps } from './memory-runs.js';
import { MemorySnapshots } from './memory-snapshots.js';
import { type Current, copyOf, emptyState, type MemoryState } from './memory-state.js';
import { MemoryTokens } from './memory-tokens.js';
import { MemoryWaits } from './memory-waits.js';

/** What outlives the stores that are opened on it, as a file does. */
export class MemoryStorage {
  readonly id: string;
  state: MemoryState = emptyState();

  /** @param id as `Store.id` wants it; another one for each storage. */
  constructor(id: string) {
    this.id = id;
  }

  open(): Store {
    return new MemoryStore(this);
  }
}

/**
 * A `Store` without a file, a library or a timer: works run one by one, each on a copy that replaces the state when the work succeeds.
 * It passes the suite in `test/conformance`, so the engine behaves on it as it does on a disk, apart from the faults of one.
 */
class MemoryStore implements Store {
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
  readonly #storage: MemoryStorage;
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(storage: MemoryStorage) {
    const committed = tablesOn(() => storage.state);
    this.id = storage.id;
    this.runs = committed.runs;
    this.steps = committed.steps;
    this.events = committed.events;
    this.snapshots = committed.snapshots;
    this.leases = committed.leases;
    this.keys = committed.keys;
    this.consumers = committed.consumers;
    this.waits = committed.waits;
    this.tokens = committed.tokens;
    this.#storage = storage;
  }

  write<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    if (this.#closed) return Promise.reject(new Error('the store is closed'));
    const outcome = this.#last.then(() => this.#run(work));
    this.#last = outcome.catch(() => undefined);
    return outcome;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#last;
  }

  async #run<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    const state = copyOf(this.#storage.state);
    let isOver = false;
    const current = () => {
      if (isOver)
        throw new Error('the transaction is over: its work must await everything that it does in it');
      return state;
    };
    try {
      const result = await work(tablesOn(current));
      this.#storage.state = state;
      return result;
    } finally {
      isOver = true;
    }
  }
}

function tablesOn(current: Current): Transaction {
  return {
    runs: new MemoryRuns(current),
    steps: new MemorySteps(current),
    events: new MemoryEvents(current),
    snapshots: new MemorySnapshots(current),
    leases: new MemoryLeases(current),
    keys: new MemoryGrantKeys(current),
    consumers: new MemoryConsumers(current),
    waits: new MemoryWaits(current),
    tokens: new MemoryTokens(current),
  };
}
