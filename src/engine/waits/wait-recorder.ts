import type { Clock } from '../clock.js';
import type { Observer } from '../observer.js';
import type { Store } from '../store.js';
import type { WaitOutcome, WaitSource } from './wait.js';

/** A wait in slices is forgotten, and recorded as cancelled, when its next slice does not come for so long. */
const SLICE_GAP_MS = 60_000;
const MAX_OPEN = 10_000;

export interface WaitStart {
  readonly run: string;
  readonly until: number | null;
  readonly source: WaitSource;
  readonly startedAt: number;
  readonly startedMs: number;
  readonly key: string | null;
}

/** Records ended waits. Slices of one wait, joined by the client's `wait_id`, are one record from the first start to the last end. */
export class WaitRecorder {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #observer: Observer;
  readonly #open = new Map<string, { readonly start: WaitStart; expire: () => void }>();

  readonly #writes = new Set<Promise<void>>();

  constructor(store: Store, clock: Clock, observer: Observer) {
    this.#store = store;
    this.#clock = clock;
    this.#observer = observer;
  }

  begin(run: string, until: number | null, source: WaitSource, waitId: string | null): WaitStart {
    const key = waitId === null ? null : `${run}\n${waitId}`;
    const earlier = key === null ? undefined : this.#open.get(key);
    if (earlier !== undefined && key !== null) {
      this.#open.delete(key);
      earlier.expire();
      return earlier.start;
    }
    this.#observer.waitStarted({ run, until, source });
    return { run, until, source, key, startedAt: this.#clock.now(), startedMs: this.#clock.monotonic() };
  }

  /** The server's cap ended this slice; the client is expected back. Without a `wait_id` it counts as a wait of its own. */
  pause(start: WaitStart): void {
    const { key } = start;
    if (key === null || this.#open.size >= MAX_OPEN) {
      this.end(start, 'timeout', null);
      return;
    }
    const cancel = this.#clock.after(SLICE_GAP_MS, () => {
      this.#open.delete(key);
      this.end(start, 'cancelled', null);
    });
    this.#open.set(key, { start, expire: cancel });
  }

  /** An answer does not wait for its statistics, and does not fail with them; whoever reads them waits for `settled`. */
  end(start: WaitStart, outcome: WaitOutcome, step: number | null): void {
    const { run, until, source, startedAt } = start;
    const durationMs = this.#clock.monotonic() - start.startedMs;
    this.#observer.waitEnded({ run, until, source, outcome, step, durationMs });
    const record = { run, until, startedAt, durationMs, outcome, step, source };
    const write = this.#store
      .write((tx) => tx.waits.append([record]))
      .catch((error: unknown) => this.#observer.internalError({ during: 'recording a wait', error }))
      .finally(() => this.#writes.delete(write));
    this.#writes.add(write);
  }

  /** Resolves when every wait that ended before is recorded. */
  async settled(): Promise<void> {
    await Promise.all(this.#writes);
  }

  close(): void {
    for (const { expire } of this.#open.values()) expire();
    this.#open.clear();
  }
}
