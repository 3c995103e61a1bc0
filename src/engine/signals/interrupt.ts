/** Why something that waits has to stop waiting. */
export type InterruptReason = 'deadline' | 'client_gone' | 'token_ended' | 'shutdown' | 'run_removed';

/** Raised at most once; whoever waits under it looks at `reason` and goes home. */
export class Interrupt {
  #reason: InterruptReason | null = null;
  readonly #listeners = new Set<() => void>();

  get reason(): InterruptReason | null {
    return this.#reason;
  }

  raise(reason: InterruptReason): void {
    if (this.#reason !== null) return;
    this.#reason = reason;
    const listeners = [...this.#listeners];
    this.#listeners.clear();
    for (const listener of listeners) listener();
  }

  listen(listener: () => void): void {
    if (this.#reason !== null) listener();
    else this.#listeners.add(listener);
  }

  forget(listener: () => void): void {
    this.#listeners.delete(listener);
  }

  /** Resolves with the work's result, or with null as soon as the interrupt is raised; the work itself goes on. */
  async unless<T>(work: Promise<T>): Promise<T | null> {
    let stop: () => void = () => undefined;
    const raised = new Promise<null>((resolve) => {
      stop = () => resolve(null);
      this.listen(stop);
    });
    try {
      return await Promise.race([work, raised]);
    } finally {
      this.forget(stop);
    }
  }
}
