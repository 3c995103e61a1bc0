import type { Changes, EventLog } from '../events/event-log.js';
import type { SnapshotRecord } from '../holdings/snapshot.js';
import { letGo } from '../snapshots/let-go.js';
import type { SnapshotRemover } from '../snapshots/snapshot-remover.js';
import type { Transaction } from '../store.js';
import type { ConsumerRegistry } from './consumer-registry.js';
import type { Feeds } from './feeds.js';
import type { LiveConsumer } from './live-consumer.js';

export interface ConsumerRemovalPorts {
  readonly log: EventLog;
  readonly consumers: ConsumerRegistry;
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
    const condemned = await log.commit((tx, changes) => this.#drop(tx, changes, consumer));
    await feeds.end(consumer);
    await Promise.all(condemned.map(({ id }) => remover.gone(id)));
  }

  /** Removes all consumers of a run within a transaction. */
  async removeAll(tx: Transaction, changes: Changes, run: string): Promise<void> {
    const { consumers, feeds } = this.#ports;
    for (const consumer of consumers.ofRun(run)) {
      await this.#drop(tx, changes, consumer);
      changes.apply(() => void feeds.end(consumer));
    }
  }

  /** Snapshots that are still being built go as soon as they are ready: their builder finds that nobody needs them. */
  async #drop(tx: Transaction, changes: Changes, consumer: LiveConsumer): Promise<readonly SnapshotRecord[]> {
    const { consumers, remover, log } = this.#ports;
    const { run, name } = consumer;
    const owed = await tx.consumers.owed(run, name);
    await tx.consumers.remove(run, name);
    changes.apply(() => {
      consumers.delete(consumer);
      consumer.end();
    });
    const condemned: SnapshotRecord[] = [];
    for (const each of owed) {
      const snapshot = await letGo(tx, changes, remover, each);
      if (snapshot !== null) condemned.push(snapshot);
    }
    // Last of all: whoever waits for the consumer looks again.
    changes.apply(() => log.wakeup(run).signal());
    return condemned;
  }
}
