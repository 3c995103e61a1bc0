import type { EventLog } from '../events/event-log.js';
import type { SnapshotRecord } from '../holdings/snapshot.js';
import type { GrantLimits } from '../leases/grant-limits.js';
import { letGo } from '../snapshots/let-go.js';
import { originalOf } from '../snapshots/original.js';
import type { SnapshotClaims } from '../snapshots/snapshot-claims.js';
import { StepVanished } from '../snapshots/snapshot-failure.js';
import type { SnapshotRemover } from '../snapshots/snapshot-remover.js';
import type { LiveRun, RunRegistry } from '../watch/run-registry.js';
import type { OwedStep } from './consumer.js';
import type { LiveConsumer } from './live-consumer.js';
import { changeOwed, OWED_STATES, owedStateOf } from './owed-states.js';

export interface HoldProtocolPorts {
  readonly log: EventLog;
  readonly limits: GrantLimits;
  readonly claims: SnapshotClaims;
  readonly remover: SnapshotRemover;
  readonly runs: RunRegistry;
}

/**
 * Holds a snapshot for an owed step, in the order that makes a crash harmless, as grants do: 1. one transaction: the snapshot's row `building`, or one
 * that is there already, and the owed step refers to it; 2. it is built, and becomes `ready`. A start after a crash in between undoes both.
 */
export class HoldProtocol {
  readonly #ports: HoldProtocolPorts;

  constructor(ports: HoldProtocolPorts) {
    this.#ports = ports;
  }

  /**
   * Resolves when the snapshot is ready, or when nobody needs it any more.
   *
   * @throws StepVanished when the step vanished first; EngineError for everything else that is foreseen.
   */
  async hold(
    live: LiveRun,
    consumer: LiveConsumer,
    { ordinal, stepName, generation }: OwedStep,
  ): Promise<void> {
    const { limits, claims, runs } = this.#ports;
    const { run, name } = consumer;
    const tracked = live.run.index.get(stepName);
    if (tracked?.entry.generation !== generation) throw new StepVanished(stepName, '', 'missing');
    await limits.checkSpace(live.run, tracked.entry);
    const original = await originalOf(live, tracked);
    const { value: snapshot, build } = await claims.claim(live, original, async (tx, { apply }, take) => {
      runs.expect(live);
      const owed = await tx.consumers.findOwed(run, name, ordinal);
      // It is settled, delivered, or held already.
      if (owed === null || OWED_STATES[owedStateOf(owed)].held === null) return null;
      const snapshot = await take();
      const held = { ...owed, snapshotId: snapshot.id };
      await changeOwed(tx, owed, 'held', held);
      apply(() => consumer.put(held));
      return snapshot;
    });
    if (snapshot !== null && build !== null) await this.#wait(consumer, ordinal, snapshot, build);
  }

  async #wait(
    consumer: LiveConsumer,
    ordinal: number,
    snapshot: SnapshotRecord,
    build: Promise<SnapshotRecord>,
  ): Promise<void> {
    try {
      await build;
    } catch (error) {
      await this.#drop(consumer, ordinal, snapshot);
      throw error;
    }
    // It may have been settled, or the consumer removed, meanwhile: then this was the last to need the snapshot.
    if (consumer.find(ordinal)?.snapshotId !== snapshot.id) await this.#drop(consumer, ordinal, snapshot);
  }

  /** Never rejects: tried again as soon as the store takes writes. */
  async #drop(consumer: LiveConsumer, ordinal: number, snapshot: SnapshotRecord): Promise<void> {
    const { log, remover } = this.#ports;
    const { run, name } = consumer;
    const { generation, id } = snapshot;
    await log.insist('letting go of a hold', () =>
      log.commit(async (tx, changes) => {
        const owed = await tx.consumers.findOwed(run, name, ordinal);
        if (owed?.snapshotId === id) {
          const unheld = { ...owed, snapshotId: null };
          if (await changeOwed(tx, owed, 'hold_lost', unheld)) changes.apply(() => consumer.put(unheld));
        }
        await letGo(tx, changes, remover, { run, generation, snapshotId: id });
      }),
    );
  }
}
