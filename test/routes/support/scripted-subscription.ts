import type { EventDocument } from '../../../src/engine/documents.js';
import type { Subscription } from '../../../src/engine/engine.js';

/** A subscription whose batches a test pushes. */
export class ScriptedSubscription implements Subscription {
  readonly #batches: (readonly EventDocument[] | null | Error)[] = [];
  #wake: () => void = () => undefined;
  #closed: () => void = () => undefined;
  readonly closed = new Promise<void>((resolve) => {
    this.#closed = resolve;
  });
  /** How often `next` was called. */
  taken = 0;

  push(...batches: (readonly EventDocument[] | null | Error)[]): this {
    this.#batches.push(...batches);
    this.#wake();
    return this;
  }

  async next(): Promise<readonly EventDocument[] | null> {
    this.taken += 1;
    while (this.#batches.length === 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const batch = this.#batches.shift() ?? null;
    if (batch instanceof Error) throw batch;
    return batch;
  }

  close(): void {
    this.push(null);
    this.#closed();
  }
}
