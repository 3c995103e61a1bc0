import type { Clock } from '../clock.js';
import type { EventLog } from '../events/event-log.js';
import type { LeaseRecord } from '../holdings/lease.js';
import type { LiveHoldings } from '../holdings/live-holdings.js';
import type { SnapshotRecord } from '../holdings/snapshot.js';
import type { GrantLimits } from '../leases/grant-limits.js';
import { noteGrant } from '../leases/granted.js';
import { draftLease, type GrantTerms } from '../leases/lease-draft.js';
import type { LeaseTerms } from '../leases/lease-terms.js';
import { letGo } from '../snapshots/let-go.js';
import { StepVanished } from '../snapshots/snapshot-failure.js';
import type { SnapshotRemover } from '../snapshots/snapshot-remover.js';
import type { LiveRun, RunRegistry } from '../watch/run-registry.js';
import type { OwedStep } from './consumer.js';
import { delivered } from './delivery.js';
import type { HoldKeeper } from './hold-keeper.js';
import type { LiveConsumer } from './live-consumer.js';
import { changeOwed, OWED_STATES, owedStateOf } from './owed-states.js';
import { isSuperseded } from './selection.js';

export interface DeliveryGrantPorts {
  readonly log: EventLog;
  readonly clock: Clock;
  readonly holdings: LiveHoldings;
  readonly terms: LeaseTerms;
  readonly limits: GrantLimits;
  readonly keeper: HoldKeeper;
  readonly remover: SnapshotRemover;
  readonly runs: RunRegistry;
}

/** Hands an owed step to a worker: it is held first, so the lease is active from the first moment, in one transaction with the attempt it is. */
export class DeliveryGrant {
  readonly #ports: DeliveryGrantPorts;

  constructor(ports: DeliveryGrantPorts) {
    this.#ports = ports;
  }

  /**
   * Null: it was settled, or superseded, meanwhile; look again.
   *
   * @throws StepVanished when the step vanished before it could be held; EngineError.
   */
  async grant(
    live: LiveRun,
    consumer: LiveConsumer,
    owed: OwedStep,
    asked: Omit<GrantTerms, 'delivery'>,
  ): Promise<LeaseRecord | null> {
    const { limits } = this.#ports;
    const slot = limits.enter(live.run, owed.generation, asked.grantedTo);
    try {
      const protection = await this.#protect(live, consumer, owed);
      if (protection === 'lost') return null;
      return await this.#commit(live, consumer, owed, asked, protection, () => slot.free());
    } finally {
      slot.free();
    }
  }

  /** The snapshot that protects the step; null in mode `none`; `lost`: it is there no more. */
  async #protect(
    live: LiveRun,
    consumer: LiveConsumer,
    owed: OwedStep,
  ): Promise<SnapshotRecord | 'lost' | null> {
    const { limits, keeper, holdings } = this.#ports;
    if (live.run.record.options.snapshotMode === 'none' && owed.snapshotId === null) {
      const tracked = live.run.index.get(owed.stepName);
      const isThere = tracked?.entry.generation === owed.generation && (await live.watcher.isWhole(tracked));
      if (!isThere) throw new StepVanished(owed.stepName, '', 'missing');
      return null;
    }
    await limits.checkSpace(live.run, { generation: owed.generation, sizeBytes: null });
    const isReady = holdings.snapshot(owed.run, owed.generation)?.id === owed.snapshotId;
    if (!isReady) await keeper.ensure(live, consumer, owed);
    return holdings.snapshot(owed.run, owed.generation) ?? 'lost';
  }

  #commit(
    live: LiveRun,
    consumer: LiveConsumer,
    { ordinal }: OwedStep,
    asked: Omit<GrantTerms, 'delivery'>,
    snapshot: SnapshotRecord | null,
    free: () => void,
  ): Promise<LeaseRecord | null> {
    const { log, clock, runs, remover, terms } = this.#ports;
    const { run, name } = consumer;
    return log.commit(async (tx, changes) => {
      runs.expect(live);
      const owed = await tx.consumers.findOwed(run, name, ordinal);
      // Settled, given to another, or its snapshot was lost or gave way.
      if (owed === null || OWED_STATES[owedStateOf(owed)].delivered === null) return null;
      if (owed.snapshotId !== (snapshot?.id ?? null)) return null;
      if (isSuperseded(consumer.record, owed)) {
        await changeOwed(tx, owed, 'superseded');
        changes.apply(() => consumer.remove(ordinal));
        await letGo(tx, changes, remover, owed);
        return null;
      }
      const delivery = { consumer: name, attempt: owed.attempts + 1 };
      const step = { name: owed.stepName, step: owed.step, generation: owed.generation };
      const draft = draftLease(clock, live.run, step, { ...asked, delivery }, snapshot);
      const lease = await tx.leases.insert(draft);
      const inFlight = delivered(owed, lease.number);
      await changeOwed(tx, owed, 'delivered', inFlight);
      await tx.consumers.update(run, name, {
        lastGrantedAt: lease.grantedAt,
        lastYielded: Math.max(owed.step, consumer.record.lastYielded ?? 0),
      });
      await noteGrant(tx, changes, lease, asked.keyed);
      changes.apply(() => {
        free();
        consumer.put(inFlight);
        consumer.noteGrant(lease);
        terms.begin(lease);
      });
      return lease;
    });
  }
}
