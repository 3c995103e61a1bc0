import type { EventLog } from '../events/event-log.js';
import type { SnapshotRecord } from '../holdings/snapshot.js';
import { letGo } from '../snapshots/let-go.js';
import type { SnapshotRemover } from '../snapshots/snapshot-remover.js';
import type { Transaction } from '../store.js';
import type { ConsumerBook } from './consumer-book.js';
import type { Feeds } from './feeds.js';
import type { LiveConsumer } from './live-consumer.js';

export interface ConsumerRemovalPorts {
  readonly log: EventLog;
  readonly book: ConsumerBook;
  readonly feeds: Feeds;
  readonly remover: SnapshotRemover;
}

/** The end of consumers, with what they hold. Leases that they delivered stay with their workers. */
export class ConsumerRemoval {
  readonly #ports: ConsumerRemovalPorts;

  constructor(ports: ConsumerRemovalPorts) {
    this.#ports = ports;
  }

  /** Resolves when the paths that nobody needs any more are gone, or stuck. */
  async remove(consumer: LiveConsumer): Promise<void> {
    const { log, feeds, remover } = this.#ports;
    const condemned = await log.commit(
      (tx) => this.#drop(tx, consumer),
      (snapshots) => this.#apply(consumer, snapshots),
    );
    await feeds.end(consumer);
    await Promise.all(condemned.map(({ id }) => remover.gone(id)));
  }

  /** Removes all consumers of a run within a transaction; what this gives is to be run once that is committed. */
  async removeAll(tx: Transaction, run: string): Promise<() => void> {
    const dropped: (readonly [LiveConsumer, readonly SnapshotRecord[]])[] = [];
    for (const consumer of this.#ports.book.ofRun(run))
      dropped.push([consumer, await this.#drop(tx, consumer)]);
    return () => {
      for (const [consumer, condemned] of dropped) {
        this.#apply(consumer, condemned);
        void this.#ports.feeds.end(consumer);
      }
    };
  }

  /** Snapshots that are still being built go as soon as they are ready: their builder finds that nobody needs them. */
  async #drop(tx: Transaction, { run, name }: LiveConsumer): Promise<readonly SnapshotRecord[]> {
    const owed = await tx.consumers.owed(run, name);
    await tx.consumers.remove(run, name);
    const condemned: SnapshotRecord[] = [];
    for (const each of owed) {
      const snapshot = await letGo(tx, each);
      if (snapshot !== null) condemned.push(snapshot);
    }
    return condemned;
  }

  #apply(consumer: LiveConsumer, condemned: readonly SnapshotRecord[]): void {
    const { book, remover, log } = this.#ports;
    book.delete(consumer);
    consumer.end();
    for (const snapshot of condemned) remover.condemn(snapshot);
    log.wakeup(consumer.run).signal();
  }
}
