import type { Cancel, Clock } from '../clock.js';
import type { Observer } from '../observer.js';
import type { Store } from '../store.js';
import type { LiveToken } from './live-token.js';

const RESOLUTION_MS = 60_000;
const WRITE_AFTER_MS = 5_000;

/** Records when tokens were used last: to the minute, and all that were used in one write, so that a request costs none. */
export class LastUses {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #observer: Observer;
  readonly #due = new Map<string, number>();
  #cancel: Cancel | null = null;
  #isClosed = false;

  constructor(store: Store, clock: Clock, observer: Observer) {
    this.#store = store;
    this.#clock = clock;
    this.#observer = observer;
  }

  note(token: LiveToken): void {
    const { name, lastUsedAt } = token.record;
    const now = this.#clock.now();
    if (this.#isClosed || (lastUsedAt !== null && Math.abs(now - lastUsedAt) < RESOLUTION_MS)) return;
    token.use(now);
    this.#due.set(name, now);
    this.#cancel ??= this.#clock.after(WRITE_AFTER_MS, () => void this.#write());
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancel?.();
    await this.#write();
  }

  async #write(): Promise<void> {
    this.#cancel = null;
    const due = [...this.#due];
    this.#due.clear();
    if (due.length === 0) return;
    try {
      await this.#store.write(async (tx) => {
        for (const [name, at] of due) await tx.tokens.touch(name, at);
      });
    } catch (error) {
      this.#observer.internalError({ during: 'recording the last use of tokens', error });
    }
  }
}
