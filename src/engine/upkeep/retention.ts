import type { Cancel, Clock } from '../clock.js';
import type { EventLog } from '../events/event-log.js';
import type { Observer } from '../observer.js';
import type { Store } from '../store.js';

export interface RetentionLimits {
  readonly eventsMs: number;
  readonly eventsCount: number;
  readonly waitsMs: number;
  readonly waitsCount: number;
  readonly endedLeasesMs: number;
}

/** Soon after the start, for the limits may be new ones. */
const FIRST_MS = 1_000;
const INTERVAL_MS = 60_000;
/** Rows removed in one transaction, so that none of them holds up the event loop. */
const AT_MOST = 500;
const KEYS_MS = 24 * 60 * 60 * 1_000;

/** Keeps the database bounded: removes what is older, or more, than the limits allow, a little at a time. */
export class Retention {
  readonly #store: Store;
  readonly #log: EventLog;
  readonly #clock: Clock;
  readonly #observer: Observer;
  readonly #limits: RetentionLimits;
  #cancel: Cancel = () => undefined;
  #isClosed = false;

  constructor(store: Store, log: EventLog, clock: Clock, observer: Observer, limits: RetentionLimits) {
    this.#store = store;
    this.#log = log;
    this.#clock = clock;
    this.#observer = observer;
    this.#limits = limits;
  }

  start(delayMs = FIRST_MS): void {
    this.#cancel = this.#clock.after(delayMs, () => {
      this.prune()
        .catch((error: unknown) => this.#observer.internalError({ during: 'pruning', error }))
        .finally(() => {
          if (!this.#isClosed) this.start(INTERVAL_MS);
        });
    });
  }

  async prune(): Promise<void> {
    const now = this.#clock.now();
    const { eventsMs, eventsCount, waitsMs, waitsCount, endedLeasesMs } = this.#limits;
    const write = this.#store.write.bind(this.#store);
    await this.#repeat('events', () =>
      this.#log.prune({ before: now - eventsMs, keep: eventsCount, atMost: AT_MOST }),
    );
    await this.#repeat('waits', () =>
      write((tx) => tx.waits.prune({ before: now - waitsMs, keep: waitsCount, atMost: AT_MOST })),
    );
    await this.#repeat('leases', () =>
      write((tx) => tx.leases.prune({ endedBefore: now - endedLeasesMs, atMost: AT_MOST })),
    );
    await this.#repeat('keys', () =>
      write((tx) => tx.keys.prune({ createdBefore: now - KEYS_MS, atMost: AT_MOST })),
    );
  }

  close(): void {
    this.#isClosed = true;
    this.#cancel();
  }

  async #repeat(what: 'events' | 'waits' | 'leases' | 'keys', prune: () => Promise<number>): Promise<void> {
    let rows = 0;
    for (let removed = AT_MOST; removed === AT_MOST && !this.#isClosed; rows += removed)
      removed = await prune();
    if (rows > 0) this.#observer.retentionPruned({ what, rows });
  }
}
