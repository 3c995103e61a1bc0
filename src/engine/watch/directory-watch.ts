import type { Clock } from '../clock.js';
import type { FileSystem, Hint } from '../file-system.js';
import type { Observer } from '../observer.js';
import type { WatchedRun } from '../runs/watched-run.js';

/** What was refused is not tried again sooner: the kernel's limits stay reached for a while. */
const RETRY_AFTER_MS = 10_000;

export interface DirectoryWatchPorts {
  readonly files: FileSystem;
  readonly clock: Clock;
  readonly observer: Observer;
}

/**
 * The filesystem's hints about one directory, for as long as it gives any.
 *
 * States: **off**, at first and after `disarm`; **armed** by `arm`; **degraded** when that was refused, or the watch ended by itself: from
 * there each `arm` tries again, after a refusal at most every 10 s.
 */
export class DirectoryWatch {
  readonly #run: WatchedRun;
  readonly #ports: DirectoryWatchPorts;
  readonly #onHint: (hint: Hint) => void;
  #stop: (() => void) | null = null;
  #refusedMs = Number.NEGATIVE_INFINITY;

  constructor(run: WatchedRun, ports: DirectoryWatchPorts, onHint: (hint: Hint) => void) {
    this.#run = run;
    this.#ports = ports;
    this.#onHint = onHint;
  }

  /** Watches the run's directory, unless it is watched already or shall be polled. */
  arm(): void {
    if (this.#run.watch.mode === 'poll' || this.#stop !== null) return;
    const { clock, files } = this.#ports;
    if (clock.monotonic() - this.#refusedMs < RETRY_AFTER_MS) return;
    const watch = files.watch(this.#run.realPath, this.#onHint, (reason) => {
      if (this.#stop === stop) this.#degrade(reason);
    });
    const stop = watch.outcome === 'watching' ? watch.stop : null;
    this.#stop = stop;
    if (watch.outcome === 'refused') {
      this.#refusedMs = clock.monotonic();
      this.#degrade(watch.reason);
      return;
    }
    this.#recover();
    // Watch first, then scan: what happened between the listing and the watch raised no hint.
    this.#onHint({ name: null, before: null });
  }

  /** Ends the watch; how the next one fares says nothing about this directory. */
  disarm(): void {
    this.#stop?.();
    this.#stop = null;
    this.#refusedMs = Number.NEGATIVE_INFINITY;
    this.#run.watch = { ...this.#run.watch, degraded: null };
  }

  #degrade(reason: string): void {
    this.#stop = null;
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
