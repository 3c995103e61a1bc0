import type { Cancel, Clock } from '../clock.js';
import type { LiveHoldings } from '../holdings/live-holdings.js';
import type { GrantLimits } from '../leases/grant-limits.js';
import type { Observer } from '../observer.js';
import type { SnapshotRemover } from '../snapshots/snapshot-remover.js';
import type { LiveRun, RunRegistry } from '../watch/run-registry.js';
import type { OwedStep } from './consumer.js';
import type { ConsumerRegistry } from './consumer-registry.js';
import type { HoldKeeper } from './hold-keeper.js';

const INTERVAL_MS = 1_000;

export interface SpaceGuardPorts {
  readonly clock: Clock;
  readonly observer: Observer;
  readonly consumers: ConsumerRegistry;
  readonly holdings: LiveHoldings;
  readonly limits: GrantLimits;
  readonly keeper: HoldKeeper;
  readonly remover: SnapshotRemover;
  readonly runs: RunRegistry;
}

/** While less than `min_free_bytes` are free, holds give way, the oldest first; what is leased stays. */
export class SpaceGuard {
  readonly #ports: SpaceGuardPorts;
  #cancel: Cancel = () => undefined;
  #isClosed = false;

  constructor(ports: SpaceGuardPorts) {
    this.#ports = ports;
  }

  start(): void {
    this.#cancel = this.#ports.clock.after(INTERVAL_MS, () => {
      void this.#lookAtAll().finally(() => {
        if (!this.#isClosed) this.start();
      });
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#cancel();
  }

  async #lookAtAll(): Promise<void> {
    for (const live of this.#ports.runs.all()) {
      try {
        await this.#makeRoom(live);
      } catch (error) {
        this.#ports.observer.internalError({
          during: `looking at the space for run ${live.run.name}`,
          error,
        });
      }
    }
  }

  async #makeRoom(live: LiveRun): Promise<void> {
    const { limits } = this.#ports;
    for (let hold = this.#oldest(live); hold !== null && !this.#isClosed; hold = this.#oldest(live)) {
      if ((await limits.findShortage(live.run)) === null) return;
      await this.#giveWay(hold);
    }
  }

  /** Of those whose snapshot nobody leases: only they free something. */
  #oldest({ run }: LiveRun): OwedStep | null {
    const { consumers, holdings } = this.#ports;
    const idle = consumers
      .holdsOf(run.name)
      .filter(({ generation, snapshotId }) => holdings.snapshot(run.name, generation)?.id === snapshotId)
      .filter(({ generation }) => holdings.activeLeases(run.name, generation) === 0);
    return idle.sort((a, b) => (a.snapshotId ?? 0) - (b.snapshotId ?? 0))[0] ?? null;
  }

  /** Every hold on the same snapshot, or nothing would be freed. */
  async #giveWay({ run, snapshotId }: OwedStep): Promise<void> {
    const { consumers, keeper, remover } = this.#ports;
    for (const consumer of consumers.ofRun(run))
      for (const owed of consumer.owed().filter((each) => each.snapshotId === snapshotId))
        await keeper.skip(consumer, owed, 'disk');
    if (snapshotId !== null) await remover.erased(snapshotId);
  }
}
