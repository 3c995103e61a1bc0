import { EngineError } from '../errors.js';
import type { FileSystem } from '../file-system.js';
import type { LiveHoldings } from '../holdings/live-holdings.js';
import type { WatchedRun } from '../runs/watched-run.js';
import { snapshotDirectoryOf } from '../snapshots/snapshot-paths.js';

const TEN_GIB = 10 * 1024 ** 3;

/** Room for one lease more; freed once the lease is counted among the holdings, or will never be. */
export interface LeaseSlot {
  free(): void;
}

/** How much may be held: how many leases (the holdings know the active ones, those under way are counted here), and on what disk. */
export class GrantLimits {
  readonly #files: FileSystem;
  readonly #holdings: LiveHoldings;
  readonly #maxLeases: number;
  readonly #underWay = new Map<string, number>();
  #total = 0;

  constructor(files: FileSystem, holdings: LiveHoldings, maxLeases: number) {
    this.#files = files;
    this.#holdings = holdings;
    this.#maxLeases = maxLeases;
  }

  /** @throws EngineError `too_many_leases` */
  enter(run: WatchedRun, generation: string | null): LeaseSlot {
    const key = JSON.stringify([run.name, generation]);
    if (this.#holdings.activeCount + this.#total >= this.#maxLeases) {
      throw new EngineError(
        'too_many_leases',
        `there are ${this.#maxLeases} leases already, the most that this server grants`,
        { hint: 'release leases that nobody needs, or start the server with a higher --max-leases' },
      );
    }
    const limit = run.record.options.maxLeasesPerStep;
    const active = generation === null ? 0 : this.#holdings.activeLeases(run.name, generation);
    const held = active + (this.#underWay.get(key) ?? 0);
    if (limit !== null && held >= limit) {
      throw new EngineError(
        'too_many_leases',
        `the step has ${held} leases already; max_leases_per_step is ${limit}`,
        { hint: 'release one of them, or raise max_leases_per_step with PUT /runs/{run}' },
      );
    }
    this.#count(key, 1);
    let isTaken = true;
    return {
      free: () => {
        if (isTaken) this.#count(key, -1);
        isTaken = false;
      },
    };
  }

  /** @throws EngineError `insufficient_storage` */
  async checkSpace(run: WatchedRun): Promise<void> {
    const shortage = await this.findShortage(run);
    if (shortage === null) return;
    throw new EngineError('insufficient_storage', shortage, {
      hint: 'free space there, or lower min_free_bytes of the run with PUT /runs/{run}',
    });
  }

  /** One sentence that says that less than `min_free_bytes` are free; null: enough are. */
  async findShortage({ record }: WatchedRun): Promise<string | null> {
    const directory = snapshotDirectoryOf(record);
    const { freeBytes, totalBytes } = await this.#files.space(directory);
    const wanted = record.options.minFreeBytes ?? Math.min(TEN_GIB, Math.floor(totalBytes / 20));
    if (freeBytes >= wanted) return null;
    return `the filesystem of ${directory} has ${freeBytes} bytes free, less than min_free_bytes (${wanted})`;
  }

  #count(key: string, change: 1 | -1): void {
    this.#total += change;
    const count = (this.#underWay.get(key) ?? 0) + change;
    if (count > 0) this.#underWay.set(key, count);
    else this.#underWay.delete(key);
  }
}
