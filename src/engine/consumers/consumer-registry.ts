import { EngineError } from '../errors.js';
import type { OwedStep } from './consumer.js';
import type { LiveConsumer } from './live-consumer.js';

/** The consumers of all runs, in memory. */
export class ConsumerRegistry {
  readonly #consumers = new Map<string, LiveConsumer>();

  add(consumer: LiveConsumer): void {
    this.#consumers.set(keyOf(consumer.run, consumer.name), consumer);
  }

  delete(consumer: LiveConsumer): void {
    this.#consumers.delete(keyOf(consumer.run, consumer.name));
  }

  find(run: string, name: string): LiveConsumer | null {
    return this.#consumers.get(keyOf(run, name)) ?? null;
  }

  /** @throws EngineError `consumer_not_found` */
  get(run: string, name: string): LiveConsumer {
    const consumer = this.find(run, name);
    if (consumer !== null) return consumer;
    throw consumerNotFound(run, name);
  }

  all(): readonly LiveConsumer[] {
    return [...this.#consumers.values()];
  }

  /** By name. */
  ofRun(run: string): readonly LiveConsumer[] {
    return this.all()
      .filter((consumer) => consumer.run === run)
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Every owed step for which a snapshot is held. */
  holdsOf(run: string): readonly OwedStep[] {
    return this.ofRun(run).flatMap((consumer) => consumer.owed().filter(isHeld));
  }

  isHeld(snapshotId: number): boolean {
    return this.all().some((consumer) => consumer.owed().some((owed) => owed.snapshotId === snapshotId));
  }
}

export function consumerNotFound(run: string, name: string): EngineError {
  return new EngineError('consumer_not_found', `run "${run}" has no consumer "${name}"`, {
    hint: 'GET /consumers lists them; PUT /consumers/{name} makes one',
  });
}

function isHeld(owed: OwedStep): boolean {
  return owed.snapshotId !== null;
}

function keyOf(run: string, name: string): string {
  return `${run}/${name}`;
}
