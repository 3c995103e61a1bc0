import type { Clock } from '../clock.js';
import type { EventLog } from '../events/event-log.js';
import type { SnapshotFiles } from '../file-system.js';
import type { SnapshotRecord } from '../holdings/snapshot.js';
import { changeSnapshot } from '../holdings/snapshot-states.js';
import type { Observer } from '../observer.js';
import { Interrupt } from '../signals/interrupt.js';
import { pause } from '../signals/pause.js';
import { snapshotEvent } from './snapshot-event.js';
import { publishedNameOf, temporaryName, trashName } from './snapshot-paths.js';

/** Between two attempts to remove a snapshot that is stuck. */
const RETRY_MS = 30_000;
/** Between two attempts to write down that it is gone, while the store takes no writes: then its step cannot be granted. */
const STORE_RETRY_MS = 1_000;

export interface RemovalPorts {
  readonly files: SnapshotFiles;
  readonly log: EventLog;
  readonly clock: Clock;
  readonly observer: Observer;
}

/** What of a snapshot there is to remove: its published tree and leftovers of building it, only the latter, or nothing at all. */
export type Extent = 'published' | 'unpublished' | 'nothing';

/** Why a snapshot could not be removed. */
export interface Obstacle {
  readonly errno: string;
  readonly detail: string;
}

/**
 * The end of one snapshot, tried again until it is done or the service stops; the next start goes on from the row.
 *
 *     published ──renamed out of sight──▶ retired ──erased──▶ row removed
 *         └──────────────┴──an error──▶ stuck ──after a while, tried again──▶ …
 */
export class Removal {
  readonly snapshot: SnapshotRecord;
  /** Resolves after the first attempt: with null when nothing is left, else with what was in the way. */
  readonly attempted: Promise<Obstacle | null>;
  /** Resolves with true when nothing is left, with false when the service stops first. */
  readonly ended: Promise<boolean>;
  readonly #ports: RemovalPorts;
  readonly #findExtent: () => Promise<Extent>;
  readonly #startedMs: number;
  readonly #firstRetirement: Promise<Obstacle | null>;
  /** Null until the path is clear. */
  #extent: Extent | null = null;
  #obstacle: Obstacle | null = null;
  #retryMs = RETRY_MS;
  readonly #stopped = new Interrupt();

  constructor(ports: RemovalPorts, snapshot: SnapshotRecord, findExtent: () => Promise<Extent>) {
    this.#ports = ports;
    this.snapshot = snapshot;
    this.#findExtent = findExtent;
    this.#startedMs = ports.clock.monotonic();
    this.#firstRetirement = this.#retire();
    this.attempted = this.#attempt(this.#firstRetirement);
    this.ended = this.#persist();
  }

  /** What was in the way at the last attempt; null: nothing. */
  get obstacle(): Obstacle | null {
    return this.#obstacle;
  }

  /** Resolves after the first attempt, with what was in the way at the last one. */
  async settled(): Promise<Obstacle | null> {
    await this.attempted;
    return this.#obstacle;
  }

  /** Resolves when the path is gone, or with what keeps it there. */
  async gone(): Promise<Obstacle | null> {
    const first = await this.#firstRetirement;
    return this.#extent === null ? first : null;
  }

  /** No further attempt; the one under way ends. */
  stop(): void {
    this.#stopped.raise('shutdown');
  }

  async #persist(): Promise<boolean> {
    for (let obstacle = await this.attempted; obstacle !== null; ) {
      await pause(this.#ports.clock, this.#stopped, this.#retryMs);
      if (this.#stopped.reason !== null) return false;
      obstacle = await this.#attempt(this.#retire());
    }
    return true;
  }

  /** Never rejects. */
  async #attempt(retired: Promise<Obstacle | null>): Promise<Obstacle | null> {
    const before = this.#obstacle;
    const obstacle = (await retired) ?? (await this.#erase());
    this.#obstacle = obstacle;
    if (obstacle !== null && before === null) await this.#tellStuck(obstacle);
    return obstacle;
  }

  async #retire(): Promise<Obstacle | null> {
    if (this.#extent !== null) return null;
    try {
      const extent = await this.#findExtent();
      if (extent === 'published') {
        const { snapshotDirectory, id } = this.snapshot;
        const result = await this.#ports.files.retire({
          snapshotDirectory,
          name: publishedNameOf(this.snapshot),
          trashName: trashName(id),
        });
        if (result.outcome === 'failed') return result;
      }
      this.#extent = extent;
      return null;
    } catch (error) {
      return this.#unforeseen(error);
    }
  }

  async #erase(): Promise<Obstacle | null> {
    const { snapshotDirectory, id, state } = this.snapshot;
    this.#retryMs = RETRY_MS;
    try {
      const names = state === 'building' ? [temporaryName(id), trashName(id)] : [trashName(id)];
      for (const name of this.#extent === 'nothing' ? [] : names) {
        const result = await this.#ports.files.erase(snapshotDirectory, name);
        if (result.outcome === 'failed') return result;
      }
      this.#retryMs = STORE_RETRY_MS;
      await this.#forget();
      return null;
    } catch (error) {
      return this.#unforeseen(error);
    }
  }

  async #forget(): Promise<void> {
    const { log, clock, observer } = this.#ports;
    const { snapshot } = this;
    // Nobody was told of one that never became ready, unless it was in the way.
    const isKnown = snapshot.state !== 'building' || this.#obstacle !== null;
    await log.commit(async (tx, { emit, apply }) => {
      const isRemoved = await changeSnapshot(tx, snapshot.id, snapshot.state, 'erased');
      if (isRemoved && isKnown) emit(snapshotEvent('snapshot.deleted', snapshot, clock.now()));
      // Whom the event wakes finds the path free.
      apply(() => {
        this.#obstacle = null;
      });
    });
    if (!isKnown) return;
    const { run, step, generation, fileCount: files } = snapshot;
    const durationMs = clock.monotonic() - this.#startedMs;
    observer.snapshotRemoved({ run, step, generation, durationMs, files });
  }

  #unforeseen(error: unknown): Obstacle {
    this.#ports.observer.internalError({ during: 'removing a snapshot', error });
    return { errno: 'EIO', detail: error instanceof Error ? error.message : String(error) };
  }

  async #tellStuck({ errno, detail }: Obstacle): Promise<void> {
    const { log, clock, observer } = this.#ports;
    const { run, step, generation, path } = this.snapshot;
    observer.snapshotStuck({ run, step, generation, path, errno, detail });
    const event = snapshotEvent('snapshot.stuck', this.snapshot, clock.now(), { errno, detail });
    try {
      await log.commit(async (_tx, { emit }) => emit(event));
    } catch (error) {
      observer.internalError({ during: 'telling of a stuck snapshot', error });
    }
  }
}
