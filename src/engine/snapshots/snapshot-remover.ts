import type { RunGlobs } from '../access/run-globs.js';
import { EngineError } from '../errors.js';
import type { LiveHoldings } from '../holdings/live-holdings.js';
import type { SnapshotRecord } from '../holdings/snapshot.js';
import { type Extent, type Hindrance, Removal, type RemovalPorts } from './removal.js';
import type { SnapshotAudit } from './snapshot-audit.js';
import { pathBusy, removalHint, stillThere } from './snapshot-failure.js';

/** A snapshot that could not be removed. */
export interface StuckSnapshot {
  readonly number: number;
  /** One sentence. */
  readonly detail: string;
}

export interface SnapshotRemoverPorts extends RemovalPorts {
  readonly holdings: LiveHoldings;
  readonly audit: SnapshotAudit;
  /** The store's id. */
  readonly owner: string;
}

/** Takes snapshots away again: those that nobody needs any more, and what failed builds left. */
export class SnapshotRemover {
  readonly #ports: SnapshotRemoverPorts;
  readonly #removals = new Map<number, Removal>();

  constructor(ports: SnapshotRemoverPorts) {
    this.#ports = ports;
  }

  /** Snapshots of a run that could not be removed, and why. */
  stuckOf(run: string): readonly StuckSnapshot[] {
    return [...this.#removals.values()].flatMap(({ snapshot, obstacle }) =>
      snapshot.run === run && obstacle !== null ? [{ number: snapshot.id, detail: obstacle.detail }] : [],
    );
  }

  /**
   * Tries again to remove a snapshot that is stuck; resolves when it is gone.
   *
   * @throws EngineError `not_found` when none of that number is to be removed, `snapshot_failed` when it is still stuck.
   */
  async retry(number: number, sight: RunGlobs): Promise<void> {
    const removal = this.#removals.get(number);
    if (removal === undefined || !sight.sees(removal.snapshot.run)) {
      throw new EngineError('not_found', `no snapshot with the number ${number} waits for its removal`, {
        hint: 'the warnings of GET /runs/{run} and the events snapshot.stuck name the numbers',
      });
    }
    const hindrance = await removal.retry();
    if (hindrance !== null) throw stillThere(`snapshot ${number} is still there`, hindrance);
  }

  /** Begins to remove a snapshot whose row says `deleting`. */
  condemn(snapshot: SnapshotRecord): void {
    this.#ports.holdings.removeSnapshot(snapshot);
    this.#begin(snapshot, () => this.#extentOf(snapshot));
  }

  /** Removes what a failed build left; resolves after the first attempt. */
  async discard(building: SnapshotRecord, extent: Extent): Promise<void> {
    await this.#begin(building, async () => extent).attempted;
  }

  /** Resolves when the path of a condemned snapshot is gone, or with what keeps it there. */
  async gone(snapshotId: number): Promise<Hindrance | null> {
    return (await this.#removals.get(snapshotId)?.gone()) ?? null;
  }

  /** Resolves when the files of a condemned snapshot are erased, or could not be. */
  async erased(snapshotId: number): Promise<void> {
    await this.#removals.get(snapshotId)?.attempted;
  }

  /**
   * Waits until no removal is in the way of a new snapshot: none of the same generation, and none under the path that it would share.
   *
   * @param path null: it shares none.
   * @throws EngineError `snapshot_path_busy` when one is stuck.
   */
  async clear(run: string, generation: string, path: string | null): Promise<void> {
    for (const removal of this.#removals.values()) {
      const { snapshot } = removal;
      const isSame = snapshot.run === run && snapshot.generation === generation;
      if (snapshot.path !== path && !isSame) continue;
      const obstacle = isSame ? await removal.settled() : await removal.gone();
      if (obstacle === null) continue;
      throw pathBusy(
        `${snapshot.path} is busy: what was there cannot be removed: ${obstacle.detail}`,
        removalHint('{id}'),
      );
    }
  }

  /** Resolves when nothing is under way any more. */
  async close(): Promise<void> {
    const removals = [...this.#removals.values()];
    for (const removal of removals) removal.stop();
    await Promise.all(removals.map(({ ended }) => ended));
  }

  /** What another server, or a stranger, has put in its place is not to be touched. */
  async #extentOf(snapshot: SnapshotRecord): Promise<Extent> {
    const { files, audit, owner } = this.#ports;
    const marked = await files.owner(snapshot.snapshotDirectory);
    if (marked !== null && marked !== owner) return 'nothing';
    return (await audit.isInPlace(snapshot)) ? 'published' : 'unpublished';
  }

  #begin(snapshot: SnapshotRecord, findExtent: () => Promise<Extent>): Removal {
    const removal = new Removal(this.#ports, snapshot, findExtent);
    this.#removals.set(snapshot.id, removal);
    void removal.ended.then((isGone) => {
      if (!isGone) return;
      this.#removals.delete(snapshot.id);
      this.#ports.audit.forget(snapshot.id);
    });
    return removal;
  }
}
