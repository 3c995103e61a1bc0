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
  /** An earlier slice of it was told of already. */
  readonly continues: boolean;
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

  /** A wait that wants to begin, or to go on where its last slice ended. `started` or `refused` comes next. */
  begin(run: string, until: number | null, source: WaitSource, waitId: string | null): WaitStart {
    const key = waitId === null ? null : `${run}\n${waitId}`;
    const earlier = key === null ? undefined : this.#open.get(key);
    if (earlier !== undefined && key !== null) {
      this.#open.delete(key);
      earlier.expire();
      return { ...earlier.start, continues: true };
    }
    const startedAt = this.#clock.now();
    return { run, until, source, key, startedAt, startedMs: this.#clock.monotonic(), continues: false };
  }

  started({ run, until, source, continues }: WaitStart): void {
    if (!continues) this.#observer.waitStarted({ run, until, source });
  }

  /** There was no room for this slice: what came before it can still be gone on with. */
  refused(start: WaitStart): void {
    if (start.continues) this.pause(start);
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

  /** Nobody can go on with a wait after the end of the process. */
  close(): void {
    for (const { start, expire } of this.#open.values()) {
      expire();
      this.end(start, 'cancelled', null);
    }
    this.#open.clear();
  }
}
