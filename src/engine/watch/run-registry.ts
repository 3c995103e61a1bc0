import type { WatchedRun } from '../runs/watched-run.js';
import type { Interrupt } from '../signals/interrupt.js';
import { runNotFound } from './run-errors.js';
import type { Watcher } from './watcher.js';

/** A run that is being watched. The run stays the same object for as long as it is registered; its watcher may be exchanged. */
export interface LiveRun {
  readonly run: WatchedRun;
  watcher: Watcher;
  /** Raised when the run is removed. */
  readonly removal: Interrupt;
}

/** The runs by name. */
export class RunRegistry {
  readonly #runs = new Map<string, LiveRun>();

  /** By name. */
  all(): readonly LiveRun[] {
    return [...this.#runs.values()].sort((a, b) => (a.run.name < b.run.name ? -1 : 1));
  }

  find(name: string): LiveRun | null {
    return this.#runs.get(name) ?? null;
  }

  get(name: string): LiveRun {
    const live = this.#runs.get(name);
    if (live === undefined) throw runNotFound(name);
    return live;
  }

  /**
   * For what began with the run and goes on: it may have been removed meanwhile.
   *
   * @throws EngineError `run_not_found`
   */
  expect({ run }: LiveRun): void {
    if (this.find(run.name)?.run !== run) throw runNotFound(run.name);
  }

  add(live: LiveRun): void {
    this.#runs.set(live.run.name, live);
  }

  delete(name: string): void {
    this.#runs.delete(name);
  }
}
