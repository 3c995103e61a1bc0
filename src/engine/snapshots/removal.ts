import type { Clock } from '../clock.js';
import type { EventLog } from '../events/event-log.js';
import type { SnapshotFiles } from '../file-system.js';
import { FileSystemError } from '../file-system-error.js';
import type { SnapshotRecord, SnapshotState } from '../holdings/snapshot.js';
import { changeSnapshot } from '../holdings/snapshot-states.js';
import type { Observer } from '../observer.js';
import { Interrupt } from '../signals/interrupt.js';
import { nap } from '../signals/nap.js';
import { SingleFlight } from '../signals/single-flight.js';
import { Wakeup } from '../signals/wakeup.js';
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
export interface Hindrance {
  /** Of the system call that failed; null where none did: the store takes no writes, or a thread died. */
  readonly errno: string | null;
  readonly detail: string;
}

/**
 * The end of one snapshot, tried again until it is done or the service stops; the next start goes on from the row.
 *
 *     published ──renamed out of sight──▶ retired ──erased──▶ row removed
 *         └──────────────┴──an error──▶ stuck ──after a while or on demand, tried again──▶ …
 */
export class Removal {
  readonly snapshot: SnapshotRecord;
  /** Resolves after the first attempt: with null when nothing is left, else with what was in the way. */
  readonly attempted: Promise<Hindrance | null>;
  /** Resolves with true when nothing is left, with false when the service stops first. */
  readonly ended: Promise<boolean>;
  readonly #ports: RemovalPorts;
  readonly #findExtent: () => Promise<Extent>;
  readonly #startedMs: number;
  readonly #firstRetirement: Promise<Hindrance | null>;
  /** Null until the path is clear. */
  #extent: Extent | null = null;
  #obstacle: Hindrance | null = null;
  #retryMs = RETRY_MS;
  readonly #stopped = new Interrupt();
  /** Attempts after the first: whoever wants one while another is under way shares it. */
  readonly #attempts = new SingleFlight<'again', void>();
  readonly #attempted = new Wakeup();
  /** Of the row. */
  #state: SnapshotState;

  constructor(ports: RemovalPorts, snapshot: SnapshotRecord, findExtent: () => Promise<Extent>) {
    this.#ports = ports;
    this.snapshot = snapshot;
    this.#state = snapshot.state;
    this.#findExtent = findExtent;
    this.#startedMs = ports.clock.monotonic();
    this.#firstRetirement = this.#retire();
    this.attempted = this.#attempt(this.#firstRetirement);
    this.ended = this.#persist();
  }

  /** What was in the way at the last attempt; null: nothing. */
  get obstacle(): Hindrance | null {
    return this.#obstacle;
  }

  /** Resolves after the first attempt, with what was in the way at the last one. */
  async settled(): Promise<Hindrance | null> {
    await this.attempted;
    return this.#obstacle;
  }

  /** Resolves when the path is gone, or with what keeps it there. */
  async gone(): Promise<Hindrance | null> {
    const first = await this.#firstRetirement;
    return this.#extent === null ? first : null;
  }

  /** Tries again at once; resolves with what is still in the way. */
  async retry(): Promise<Hindrance | null> {
    await this.attempted;
    if (this.#obstacle !== null && this.#stopped.reason === null) await this.#tryAgain();
    return this.#obstacle;
  }

  /** No further attempt; the one under way ends. */
  stop(): void {
    this.#stopped.raise('shutdown');
  }

  async #persist(): Promise<boolean> {
    await this.attempted;
    while (this.#obstacle !== null) {
      const { version } = this.#attempted;
      await nap(this.#ports.clock, this.#attempted, version, this.#stopped, this.#retryMs);
      if (this.#stopped.reason !== null) break;
      // After an attempt that somebody asked for the pause begins anew.
      if (this.#attempted.version === version) await this.#tryAgain();
    }
    await this.#attempts.settled();
    return this.#obstacle === null;
  }

  #tryAgain(): Promise<void> {
    return this.#attempts.run('again', async () => {
      await this.#attempt(this.#retire());
      this.#attempted.signal();
    });
  }

  /** Never rejects. */
  async #attempt(retired: Promise<Hindrance | null>): Promise<Hindrance | null> {
    const before = this.#obstacle;
    const obstacle = (await retired) ?? (await this.#erase());
    this.#obstacle = obstacle;
    if (obstacle !== null && before === null) await this.#tellStuck(obstacle);
    return obstacle;
  }

  async #retire(): Promise<Hindrance | null> {
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

  async #erase(): Promise<Hindrance | null> {
    const { snapshotDirectory, id } = this.snapshot;
    this.#retryMs = RETRY_MS;
    try {
      const names = [temporaryName(id), trashName(id)];
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
    const isKnown = this.#state !== 'building' || this.#obstacle !== null;
    await log.commit(async (tx, { emit, apply }) => {
      const isRemoved = await changeSnapshot(tx, snapshot.id, this.#state, 'erased');
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

  #unforeseen(error: unknown): Hindrance {
    this.#ports.observer.internalError({ during: 'removing a snapshot', error });
    const errno = error instanceof FileSystemError ? error.code : null;
    return { errno, detail: error instanceof Error ? error.message : String(error) };
  }

  async #tellStuck({ errno, detail }: Hindrance): Promise<void> {
    const { log, clock, observer } = this.#ports;
    const { id, run, step, generation, path } = this.snapshot;
    observer.snapshotStuck({ run, step, generation, path, errno, detail });
    const event = snapshotEvent('snapshot.stuck', this.snapshot, clock.now(), { errno, detail });
    try {
      await log.commit(async (tx, { emit, apply }) => {
        if (await changeSnapshot(tx, id, this.#state, 'given_up'))
          apply(() => {
            this.#state = 'deleting';
          });
        emit(event);
      });
    } catch (error) {
      observer.internalError({ during: 'telling of a stuck snapshot', error });
    }
  }
}
