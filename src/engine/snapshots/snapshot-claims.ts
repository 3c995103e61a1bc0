import type { Changes, EventLog } from '../events/event-log.js';
import type { SnapshotRecord } from '../holdings/snapshot.js';
import type { Transaction } from '../store.js';
import type { LiveRun } from '../watch/run-registry.js';
import type { Original } from './original.js';
import type { SnapshotBuilder } from './snapshot-builder.js';
import { contendedPath } from './snapshot-paths.js';
import type { SnapshotRemover } from './snapshot-remover.js';

export interface SnapshotClaimsPorts {
  readonly log: EventLog;
  readonly builder: SnapshotBuilder;
  readonly remover: SnapshotRemover;
}

type Build = Promise<SnapshotRecord>;

/** Made by each run of a work anew. */
interface Taken {
  build: Build | null;
}

/** Gives the snapshot of the generation: the one that is ready, or being built, or the row of one whose build begins with the commit. */
export type TakeSnapshot = () => Promise<SnapshotRecord>;

export interface Claim<T> {
  /** What the work gave. */
  readonly value: T;
  /** The build that the holder waits for; null when the snapshot was ready, or was not taken. */
  readonly build: Build | null;
}

/** How leases and consumers come to hold the snapshot of a generation, which they share. */
export class SnapshotClaims {
  readonly #ports: SnapshotClaimsPorts;

  constructor(ports: SnapshotClaimsPorts) {
    this.#ports = ports;
  }

  /**
   * Runs the transaction that makes somebody a holder. One that is being removed, or undone, is never joined: then the transaction is
   * taken back, and runs again once the snapshot is gone.
   *
   * @param work writes the holder's row for the snapshot that it takes; it need not take one.
   */
  async claim<T>(
    live: LiveRun,
    original: Original,
    work: (tx: Transaction, changes: Changes, take: TakeSnapshot) => Promise<T>,
  ): Promise<Claim<T>> {
    const { log, remover } = this.#ports;
    const { generation, name } = original.entry;
    for (;;) {
      await remover.clear(live.run.name, generation, contendedPath(live.run.record, name));
      try {
        const { value, taken } = await log.commit(async (tx, changes) => {
          const taken: Taken = { build: null };
          return {
            taken,
            value: await work(tx, changes, () => this.#take(tx, changes, live, original, taken)),
          };
        });
        return { value, build: taken.build };
      } catch (error) {
        if (!(error instanceof SnapshotLeaving)) throw error;
      }
    }
  }

  async #take(
    tx: Transaction,
    { apply }: Changes,
    { run }: LiveRun,
    original: Original,
    taken: Taken,
  ): Promise<SnapshotRecord> {
    const { builder } = this.#ports;
    const existing = await tx.snapshots.find(run.name, original.entry.generation);
    if (existing === null) {
      const mode = run.record.options.snapshotMode;
      if (mode === 'none') throw new Error('mode none has no snapshots');
      const reserved = await builder.reserve(tx, run, original, mode);
      apply(() => {
        taken.build = builder.build(run, original, reserved);
      });
      return reserved;
    }
    if (existing.state === 'ready') return existing;
    // Taken now: a build may end, and be forgotten, before the transaction is known to be committed.
    taken.build = existing.state === 'building' ? builder.underWay(existing.id) : null;
    if (taken.build === null) throw new SnapshotLeaving();
    return existing;
  }
}

/** Takes a transaction back: the snapshot that it found goes. */
class SnapshotLeaving extends Error {}
