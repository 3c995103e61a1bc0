import type { Interrupt } from './interrupt.js';

/**
 * Says that the log grew, never what was written: signals may coalesce, the log is the truth.
 * A reader remembers `version` before it reads, so a signal between its read and its wait is never lost.
 */
export class Wakeup {
  #version = 0;
  readonly #sleepers = new Set<() => void>();

  get version(): number {
    return this.#version;
  }

  signal(): void {
    this.#version += 1;
    const sleepers = [...this.#sleepers];
    this.#sleepers.clear();
    for (const wake of sleepers) wake();
  }

  /** Resolves when the version is no longer `seen`, or when the interrupt is raised. */
  changed(seen: number, interrupt: Interrupt): Promise<void> {
    if (this.#version !== seen || interrupt.reason !== null) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        interrupt.forget(wake);
        this.#sleepers.delete(wake);
        resolve();
      };
      this.#sleepers.add(wake);
      interrupt.listen(wake);
    });
  }
}
