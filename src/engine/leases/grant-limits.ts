import { type Bounds, checkLimit, Headcount, type LimitRule } from '../access/limit.js';
import { EngineError } from '../errors.js';
import type { FileSystem } from '../file-system.js';
import type { LiveHoldings } from '../holdings/live-holdings.js';
import type { WatchedRun } from '../runs/watched-run.js';
import { snapshotDirectoryOf } from '../snapshots/snapshot-paths.js';
import type { StepEntry } from '../steps/step.js';
import { retainedBytes } from '../steps/step-document.js';
import type { RunRegistry } from '../watch/run-registry.js';

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

export interface GrantLimitsPorts {
  readonly files: FileSystem;
  readonly holdings: LiveHoldings;
  readonly runs: RunRegistry;
}

export interface HoldingBounds {
  readonly leases: Bounds;
  /** Null: as much as the disk holds. */
  readonly maxRetainedBytes: number | null;
}

type Wanted = Pick<StepEntry, 'generation' | 'sizeBytes'>;

/** How much may be held: how many leases (the holdings know the active ones, those under way are counted here), and on what disk. */
export class GrantLimits {
  readonly #ports: GrantLimitsPorts;
  readonly #bounds: HoldingBounds;
  readonly #underWay = new Headcount();
  /** By run and generation. */
  readonly #underWayOn = new Headcount();

  constructor(ports: GrantLimitsPorts, bounds: HoldingBounds) {
    this.#ports = ports;
    this.#bounds = bounds;
  }

  /** @throws EngineError `too_many_leases` */
  enter(run: WatchedRun, generation: string | null, caller: string): LeaseSlot {
    const { holdings } = this.#ports;
    checkLimit(LIMIT, this.#bounds.leases, {
      all: holdings.activeCount + this.#underWay.all,
      ofCaller: holdings.activeCountOf(caller) + this.#underWay.of(caller),
    });
    const key = JSON.stringify([run.name, generation]);
    const limit = run.record.options.maxLeasesPerStep;
    const active = generation === null ? 0 : holdings.activeLeases(run.name, generation);
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

  /** Whether there is room for a snapshot of a step. @throws EngineError `insufficient_storage` */
  async checkSpace(run: WatchedRun, wanted: Wanted): Promise<void> {
    this.#checkRetained(run, wanted);
    const shortage = await this.findShortage(run);
    if (shortage === null) return;
    throw new EngineError('insufficient_storage', shortage, {
      hint: 'free space there, or lower min_free_bytes of the run with PUT /runs/{run}',
    });
  }

  #checkRetained({ name, record }: WatchedRun, { generation, sizeBytes }: Wanted): void {
    const { maxRetainedBytes: limit } = this.#bounds;
    const isThere = generation !== null && this.#ports.holdings.snapshot(name, generation) !== null;
    if (limit === null || isThere) return;
    const retained = this.#retainedBytes();
    // Links and clones cost nothing while the original is there.
    const added = record.options.snapshotMode === 'copy' ? (sizeBytes ?? 0) : 0;
    if (retained < limit && retained + added <= limit) return;
    // Like the text of every limit, this one tells nothing of other runs.
    throw new EngineError(
      'insufficient_storage',
      `a snapshot more would go beyond max_retained_bytes, which is ${limit}`,
      {
        hint: 'release leases and acknowledge deliveries of steps that the trainer has deleted',
        fields: { setting: 'max_retained_bytes', limit },
      },
    );
  }

  #retainedBytes(): number {
    const { holdings, runs } = this.#ports;
    const bytes = holdings.allSnapshots().map((snapshot) => {
      const original = runs.find(snapshot.run)?.run.index.byGeneration(snapshot.generation);
      return retainedBytes(snapshot, original?.entry.state === 'finalized');
    });
    return bytes.reduce((sum, each) => sum + each, 0);
  }

  /** One sentence that says that less than `min_free_bytes` are free; null: enough are. */
  async findShortage({ record }: WatchedRun): Promise<string | null> {
    const directory = snapshotDirectoryOf(record);
    const { freeBytes, totalBytes } = await this.#ports.files.space(directory);
    const wanted = record.options.minFreeBytes ?? Math.min(TEN_GIB, Math.floor(totalBytes / 20));
    if (freeBytes >= wanted) return null;
    return `the filesystem of ${directory} has ${freeBytes} bytes free, less than min_free_bytes (${wanted})`;
  }
}
