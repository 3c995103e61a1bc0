import type { Clock } from '../clock.js';
import type { FileSystem, StopWatching } from '../file-system.js';
import type { Observer } from '../observer.js';
import type { WatchedRun } from '../runs/watched-run.js';

/** A watch that ended as soon as it was set is not tried again sooner: the kernel's limits stay reached for a while. */
const RETRY_AFTER_MS = 10_000;

export interface DirectoryWatchPorts {
  readonly files: FileSystem;
  readonly clock: Clock;
  readonly observer: Observer;
}

/**
 * The filesystem's hints about one directory, for as long as it gives any.
 *
 * States: **off**, at first and after `disarm`; **armed** by `arm`; **degraded** when the watch ended by itself. From there each `arm` tries
 * again, at most every 10 s, and what holds until the next `arm` counts as recovered.
 */
export class DirectoryWatch {
  readonly #run: WatchedRun;
  readonly #ports: DirectoryWatchPorts;
  readonly #onHint: (name: string | null) => void;
  #stopWatching: StopWatching | null = null;
  #armedMs = Number.NEGATIVE_INFINITY;

  constructor(run: WatchedRun, ports: DirectoryWatchPorts, onHint: (name: string | null) => void) {
    this.#run = run;
    this.#ports = ports;
    this.#onHint = onHint;
  }

  /** Watches the run's directory, unless it is watched already or shall be polled. */
  arm(): void {
    if (this.#run.watch.mode === 'poll') return;
    if (this.#stopWatching !== null) {
      this.#recover();
      return;
    }
    const { clock, files } = this.#ports;
    if (clock.monotonic() - this.#armedMs < RETRY_AFTER_MS) return;
    this.#armedMs = clock.monotonic();
    const stop = files.watch(this.#run.realPath, this.#onHint, (reason) => {
      if (this.#stopWatching === stop) this.#degrade(reason);
    });
    this.#stopWatching = stop;
    // Watch first, then scan: what happened between the listing and the watch raised no hint.
    this.#onHint(null);
  }

  /** Ends the watch; how the next one fares says nothing about this directory. */
  disarm(): void {
    this.#stopWatching?.();
    this.#stopWatching = null;
    this.#armedMs = Number.NEGATIVE_INFINITY;
    this.#run.watch = { ...this.#run.watch, degraded: null };
  }

  #degrade(reason: string): void {
    this.#stopWatching = null;
    const isNews = this.#run.watch.degraded !== reason;
    this.#run.watch = { ...this.#run.watch, degraded: reason };
    if (isNews) this.#ports.observer.watchDegraded({ run: this.#run.name, reason });
  }

  #recover(): void {
    if (this.#run.watch.degraded === null) return;
    this.#run.watch = { ...this.#run.watch, degraded: null };
    this.#ports.observer.watchRecovered({ run: this.#run.name });
  }
}
