import type { Cancel, Clock } from '../clock.js';
import type { Observer } from '../observer.js';

const RETRY_MS = 1_000;

interface Cleanup {
  readonly key: string;
  readonly during: string;
  readonly work: () => Promise<void>;
  attempt: Promise<void> | null;
  isTold: boolean;
  cancel: Cancel;
}

/**
 * What has to be written down in the end, although the store may refuse it now because its disk is full: rows of grants that failed and of
 * snapshots that are gone. Each is tried again every second until it succeeds or the service stops; the next start finds it by its row.
 */
export class Cleanups {
  readonly #clock: Clock;
  readonly #observer: Observer;
  readonly #left = new Set<Cleanup>();
  #isClosed = false;

  constructor(clock: Clock, observer: Observer) {
    this.#clock = clock;
    this.#observer = observer;
  }

  /** Resolves after the first attempt, whether it succeeded or not. `during` completes "while …". */
  async begin(key: string, during: string, work: () => Promise<void>): Promise<void> {
    const cleanup: Cleanup = { key, during, work, attempt: null, isTold: false, cancel: () => undefined };
    this.#left.add(cleanup);
    await this.#try(cleanup).catch(() => undefined);
  }

  /** Tries again now whatever is left under the key; rejects with what still stands in the way. */
  async settle(key: string): Promise<void> {
    for (const cleanup of [...this.#left]) if (cleanup.key === key) await this.#try(cleanup);
  }

  /** Resolves when no attempt is under way; there are no more after it. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const { cancel } of this.#left) cancel();
    await Promise.allSettled([...this.#left].map(({ attempt }) => attempt));
  }

  #try(cleanup: Cleanup): Promise<void> {
    cleanup.attempt ??= this.#attempt(cleanup).finally(() => {
      cleanup.attempt = null;
    });
    return cleanup.attempt;
  }

  async #attempt(cleanup: Cleanup): Promise<void> {
    cleanup.cancel();
    try {
      await cleanup.work();
      this.#left.delete(cleanup);
    } catch (error) {
      if (!cleanup.isTold) this.#observer.internalError({ during: cleanup.during, error });
      cleanup.isTold = true;
      if (!this.#isClosed) {
        cleanup.cancel = this.#clock.after(RETRY_MS, () => void this.#try(cleanup).catch(() => undefined));
      }
      throw error;
    }
  }
}
