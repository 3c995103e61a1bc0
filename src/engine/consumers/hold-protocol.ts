import type { Clock } from '../clock.js';
import type { EventLog } from '../events/event-log.js';
import type { SnapshotRecord } from '../holdings/snapshot.js';
import type { GrantLimits } from '../leases/grant-limits.js';
import type { Observer } from '../observer.js';
import { letGo } from '../snapshots/let-go.js';
import { type Original, originalOf } from '../snapshots/original.js';
import type { SnapshotBuilder } from '../snapshots/snapshot-builder.js';
import { claimSnapshot, type SnapshotClaim } from '../snapshots/snapshot-claim.js';
import { StepGone } from '../snapshots/snapshot-failure.js';
import { contendedPath } from '../snapshots/snapshot-paths.js';
import type { SnapshotRemover } from '../snapshots/snapshot-remover.js';
import { runNotFound } from '../watch/run-errors.js';
import type { LiveRun, RunRegistry } from '../watch/run-registry.js';
import type { OwedStep } from './consumer.js';
import type { LiveConsumer } from './live-consumer.js';

export interface HoldProtocolPorts {
  readonly log: EventLog;
  readonly clock: Clock;
  readonly observer: Observer;
  readonly limits: GrantLimits;
  readonly builder: SnapshotBuilder;
  readonly remover: SnapshotRemover;
  readonly runs: RunRegistry;
}

/** Between two attempts to write down that a hold failed, while the store takes no writes. */
const RETRY_MS = 1_000;

/**
 * Holds a snapshot for an owed step, in the order that makes a crash harmless, as grants do: 1. one transaction: the snapshot's row `building`, or one
 * that is there already, and the owed step refers to it; 2. it is built, and becomes `ready`. A start after a crash in between undoes both.
 */
export class HoldProtocol {
  readonly #ports: HoldProtocolPorts;
  #isClosed = false;

  constructor(ports: HoldProtocolPorts) {
    this.#ports = ports;
  }

  /**
   * Resolves when the snapshot is ready, or when nobody needs it any more.
   *
   * @throws StepGone when the step vanished first; EngineError for everything else that is foreseen.
   */
  async hold(
    live: LiveRun,
    consumer: LiveConsumer,
    { ordinal, stepName, generation }: OwedStep,
  ): Promise<void> {
    const { limits, remover, builder } = this.#ports;
    const tracked = live.run.index.get(stepName);
    if (tracked?.entry.generation !== generation) throw new StepGone(stepName, '', 'missing');
    await limits.checkSpace(live.run);
    const original = await originalOf(live, tracked);
    for (;;) {
      await remover.clear(live.run.name, generation, contendedPath(live.run.record, stepName));
      let build: Promise<SnapshotRecord> | null = null;
      const claim = await this.#claim(live, consumer, original, ordinal, (claimed) => {
        if (claimed.role === 'builder') build = builder.build(live.run, original, claimed.snapshot);
        else if (claimed.role === 'joiner') build = claimed.build;
      });
      if (claim?.role === 'late') continue;
      if (claim === null || build === null) return;
      return this.#wait(consumer, ordinal, claim.snapshot, build);
    }
  }

  close(): void {
    this.#isClosed = true;
  }

  /** Null: it is settled, or held already. */
  #claim(
    live: LiveRun,
    consumer: LiveConsumer,
    original: Original,
    ordinal: number,
    apply: (claim: SnapshotClaim) => void,
  ): Promise<SnapshotClaim | null> {
    const { log, builder, runs } = this.#ports;
    const { run, name } = consumer;
    let held: OwedStep | null = null;
    return log.commit(
      async (tx) => {
        if (runs.find(run) !== live) throw runNotFound(run);
        const owed = await tx.consumers.findOwed(run, name, ordinal);
        if (owed === null || owed.snapshotId !== null) return null;
        const claim = await claimSnapshot(tx, builder, live.run, original);
        if (claim.role === 'late') return claim;
        held = { ...owed, snapshotId: claim.snapshot.id };
        await tx.consumers.putOwed(held);
        return claim;
      },
      (claim) => {
        if (held !== null) consumer.put(held);
        if (claim !== null) apply(claim);
      },
    );
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
    const { log, clock, observer, remover } = this.#ports;
    const { run, name } = consumer;
    let unheld: OwedStep | null = null;
    try {
      await log.commit(
        async (tx) => {
          const owed = await tx.consumers.findOwed(run, name, ordinal);
          if (owed?.snapshotId === snapshot.id) {
            unheld = { ...owed, snapshotId: null };
            await tx.consumers.putOwed(unheld);
          }
          return letGo(tx, { run, generation: snapshot.generation, snapshotId: snapshot.id });
        },
        (condemned) => {
          if (unheld !== null) consumer.put(unheld);
          if (condemned !== null) remover.condemn(condemned);
        },
      );
    } catch (error) {
      observer.internalError({ during: 'letting go of a hold', error });
      if (!this.#isClosed) clock.after(RETRY_MS, () => void this.#drop(consumer, ordinal, snapshot));
    }
  }
}
