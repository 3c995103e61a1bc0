import type { LeaseDocument } from '../../../src/engine/documents.js';
import { Violation } from '../violation.js';

/** What the workers of consumers acknowledged: nothing of it is delivered again. */
export class DeliveryBook {
  readonly #acknowledged = new Map<string, Set<string>>();

  delivered(consumer: string, { number, generation, step }: LeaseDocument): void {
    if (this.#acknowledged.get(consumer)?.has(generation) === true)
      throw new Violation(
        '6 (durable acknowledgement)',
        `lease ${number} delivers step ${step}, ${generation}, which ${consumer} had acknowledged`,
      );
  }

  acknowledged(consumer: string, generation: string): void {
    const known = this.#acknowledged.get(consumer) ?? new Set();
    this.#acknowledged.set(consumer, known.add(generation));
  }

  /** Consumers went with their run, or were removed: a new one of the name begins anew. */
  forget(): void {
    this.#acknowledged.clear();
  }
}
