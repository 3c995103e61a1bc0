import { type Bounds, checkLimit, Headcount, type LimitRule } from '../access/limit.js';
import { EngineError } from '../errors.js';
import type { FileSystem } from '../file-system.js';
import type { LiveHoldings } from '../holdings/live-holdings.js';
import type { WatchedRun } from '../runs/watched-run.js';
import { snapshotDirectoryOf } from '../snapshots/snapshot-paths.js';

const LIMIT: LimitRule = {
  setting: 'max_leases',
  code: 'too_many_leases',
  noun: 'leases',
  hint: 'release leases that nobody needs',
};

const TEN_GIB = 10 * 1024 ** 3;

/** Room for one lease more; freed once the lease is counted among the holdings, or will never be. */
export interface LeaseSlot {
  free(): void;
}

/** How much may be held: how many leases (the holdings know the active ones, those under way are counted here), and on what disk. */
export class GrantLimits {
  readonly #files: FileSystem;
  readonly #holdings: LiveHoldings;
  readonly #leases: Bounds;
  readonly #underWay = new Headcount();
  /** By run and generation. */
  readonly #underWayOn = new Headcount();

  constructor(files: FileSystem, holdings: LiveHoldings, leases: Bounds) {
    this.#files = files;
    this.#holdings = holdings;
    this.#leases = leases;
  }

  /** @throws EngineError `too_many_leases` */
  enter(run: WatchedRun, generation: string | null, caller: string): LeaseSlot {
    checkLimit(LIMIT, this.#leases, {
      all: this.#holdings.activeCount + this.#underWay.all,
      ofCaller: this.#holdings.activeCountOf(caller) + this.#underWay.of(caller),
    });
    const key = JSON.stringify([run.name, generation]);
    const limit = run.record.options.maxLeasesPerStep;
    const active = generation === null ? 0 : this.#holdings.activeLeases(run.name, generation);
    const held = active + this.#underWayOn.of(key);
    if (limit !== null && held >= limit) {
      throw new EngineError(
        'too_many_leases',
        `the step has ${held} leases already; max_leases_per_step is ${limit}`,
        {
          hint: 'release one of them, or raise max_leases_per_step with PUT /runs/{run}',
          fields: { setting: 'max_leases_per_step', limit },
        },
      );
    }
    const leave = this.#underWay.add(caller);
    const leaveStep = this.#underWayOn.add(key);
    return {
      free: () => {
        leave();
        leaveStep();
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
}
