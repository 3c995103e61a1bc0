import type { Clock } from '../clock.js';
import type { Changes, EventLog } from '../events/event-log.js';
import type { LeaseRecord } from '../holdings/lease.js';
import type { SnapshotRecord } from '../holdings/snapshot.js';
import type { Deliveries, Word } from '../leases/deliveries.js';
import type { Observer } from '../observer.js';
import { letGo } from '../snapshots/let-go.js';
import type { SnapshotRemover } from '../snapshots/snapshot-remover.js';
import type { Transaction } from '../store.js';
import type { OwedStep } from './consumer.js';
import { parkedEvent } from './consumer-event.js';
import type { ConsumerRegistry } from './consumer-registry.js';
import { returned } from './delivery.js';
import type { LiveConsumer } from './live-consumer.js';
import { changeOwed, returnOf } from './owed-states.js';
import { isSuperseded } from './selection.js';

export interface DeliverySettlementPorts {
  readonly log: EventLog;
  readonly clock: Clock;
  readonly observer: Observer;
  readonly consumers: ConsumerRegistry;
  readonly remover: SnapshotRemover;
}

/** What the end of a delivery means for the consumer: the cursor moves on, or the step is offered again, or it is parked. */
export class DeliverySettlement implements Deliveries {
  readonly #ports: DeliverySettlementPorts;

  constructor(ports: DeliverySettlementPorts) {
    this.#ports = ports;
  }

  async settle(tx: Transaction, changes: Changes, lease: LeaseRecord, word: Word | null): Promise<void> {
    const { consumers } = this.#ports;
    const owed = await tx.consumers.owedByLease(lease.number);
    const consumer = owed === null ? null : consumers.find(owed.run, owed.consumer);
    // The consumer was removed while its worker read.
    if (owed === null || consumer === null) return;
    if (word?.verdict === 'ack') return this.#acknowledge(tx, changes, consumer, owed, lease, word.result);
    return this.#takeBack(tx, changes, consumer, owed, lease, word);
  }

  async loseHolds(snapshot: SnapshotRecord): Promise<void> {
    const { log, consumers, remover } = this.#ports;
    if (!consumers.isHeld(snapshot.id)) return;
    const { id, run, generation } = snapshot;
    await log.commit(async (tx, changes) => {
      for (const consumer of consumers.ofRun(run)) {
        for (const { ordinal } of consumer.owed().filter(({ snapshotId }) => snapshotId === id)) {
          const owed = await tx.consumers.findOwed(run, consumer.name, ordinal);
          // The lease of one that is in flight ends as lost.
          if (owed?.snapshotId !== id || owed.leaseNumber !== null) continue;
          const unheld = { ...owed, snapshotId: null };
          if (!(await changeOwed(tx, owed, 'hold_lost', unheld))) continue;
          changes.apply(() => consumer.put(unheld));
        }
      }
      await letGo(tx, changes, remover, { run, generation, snapshotId: id });
    });
    log.wakeup(run).signal();
  }

  async #acknowledge(
    tx: Transaction,
    { apply }: Changes,
    consumer: LiveConsumer,
    owed: OwedStep,
    lease: LeaseRecord,
    result: Extract<Word, { verdict: 'ack' }>['result'],
  ): Promise<void> {
    const { run, ordinal, step, generation, attempts } = owed;
    const ackedAt = lease.endedAt ?? this.#ports.clock.now();
    if (!(await changeOwed(tx, owed, 'acknowledged'))) return;
    const acknowledged = {
      run,
      consumer: consumer.name,
      ordinal,
      step,
      generation,
      ackedAt,
      attempts,
      result,
    };
    await tx.consumers.acknowledge(acknowledged);
    apply(() => {
      consumer.remove(ordinal);
      this.#tell(consumer, owed, lease, { verdict: 'ack', result });
    });
  }

  async #takeBack(
    tx: Transaction,
    { emit, apply }: Changes,
    consumer: LiveConsumer,
    owed: OwedStep,
    lease: LeaseRecord,
    word: Extract<Word, { verdict: 'nack' }> | null,
  ): Promise<void> {
    const { clock, observer } = this.#ports;
    const { run, name, record } = consumer;
    const { step, generation, attempts } = owed;
    const now = lease.endedAt ?? clock.now();
    const { maxDeliver } = record.settings;
    const delayMs = word?.delayMs ?? 0;
    const next = returned(owed, { now, delayMs, isLost: lease.state === 'lost', maxDeliver });
    if (isSuperseded(record, owed)) {
      await changeOwed(tx, owed, 'superseded');
      return apply(() => {
        consumer.remove(owed.ordinal);
        this.#tell(consumer, owed, lease, word);
      });
    }
    await changeOwed(tx, owed, returnOf(next), next);
    const isParked = next.parkedAt !== null;
    if (isParked) emit(parkedEvent(next, now));
    apply(() => {
      consumer.put(next);
      this.#tell(consumer, owed, lease, word);
      if (isParked) observer.stepParked({ run, consumer: name, step, generation, attempts });
    });
  }

  #tell({ run, name }: LiveConsumer, owed: OwedStep, lease: LeaseRecord, word: Word | null): void {
    const { step, attempts: attempt } = owed;
    const verdict = word?.verdict ?? null;
    this.#ports.observer.deliveryEnded({ run, consumer: name, step, number: lease.number, attempt, verdict });
  }
}
