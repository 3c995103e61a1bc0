import type { Clock } from '../clock.js';
import { EngineError } from '../errors.js';
import type { EventLog } from '../events/event-log.js';
import type { SnapshotFiles, SnapshotMode } from '../file-system.js';
import type { LiveHoldings } from '../holdings/live-holdings.js';
import type { SnapshotRecord } from '../holdings/snapshot.js';
import { changeSnapshot } from '../holdings/snapshot-states.js';
import type { Inventory } from '../inspection.js';
import type { Observer } from '../observer.js';
import type { WatchedRun } from '../runs/watched-run.js';
import { SingleFlight } from '../signals/single-flight.js';
import type { Transaction } from '../store.js';
import type { Original } from './original.js';
import type { Extent } from './removal.js';
import type { SnapshotAudit } from './snapshot-audit.js';
import { snapshotEvent } from './snapshot-event.js';
import { adoptionHint, failureOf, snapshotFailed } from './snapshot-failure.js';
import { publishedNameOf, snapshotDirectoryOf, snapshotPath, temporaryName } from './snapshot-paths.js';
import type { SnapshotRemover } from './snapshot-remover.js';

export interface SnapshotBuilderPorts {
  readonly files: SnapshotFiles;
  readonly log: EventLog;
  readonly clock: Clock;
  readonly observer: Observer;
  readonly holdings: LiveHoldings;
  readonly audit: SnapshotAudit;
  readonly remover: SnapshotRemover;
  /** The store's id: what the service writes into its snapshot directories to know them again. */
  readonly owner: string;
}

/**
 * Builds snapshots. The rows say what should be there, so that every step between two rows can be repeated or undone after a
 * crash: see `snapshot.ts` for the states.
 */
export class SnapshotBuilder {
  readonly #ports: SnapshotBuilderPorts;
  readonly #builds = new SingleFlight<number, SnapshotRecord>();

  constructor(ports: SnapshotBuilderPorts) {
    this.#ports = ports;
  }

  /** The row of a snapshot to be built. */
  reserve(
    tx: Transaction,
    run: WatchedRun,
    original: Original,
    mode: Exclude<SnapshotMode, 'none'>,
  ): Promise<SnapshotRecord> {
    const { generation, step, name } = original.entry;
    return tx.snapshots.insert({
      run: run.name,
      generation,
      step,
      stepName: name,
      state: 'building',
      mode,
      layout: run.record.options.snapshotLayout,
      snapshotDirectory: snapshotDirectoryOf(run.record),
      pathOf: (id) => snapshotPath(run.record, generation, name, id),
      digest: original.inventory.digest,
      sizeBytes: original.inventory.sizeBytes,
      fileCount: original.inventory.fileCount,
      createdAt: this.#ports.clock.now(),
    });
  }

  /**
   * Builds a reserved snapshot: resolves when it is ready; rejects with `StepVanished` or an `EngineError`, and then what was built is
   * gone, or stuck.
   */
  build(run: WatchedRun, original: Original, reserved: SnapshotRecord): Promise<SnapshotRecord> {
    const build = this.#builds.run(reserved.id, () => this.#build(run, original, reserved));
    // Those who wait for it hear of a failure.
    build.catch(() => undefined);
    return build;
  }

  /** The build under way, to be joined; null when there is none. */
  underWay(snapshotId: number): Promise<SnapshotRecord> | null {
    return this.#builds.find(snapshotId);
  }

  /** Resolves when nothing is under way any more. */
  async close(): Promise<void> {
    await this.#builds.settled();
  }

  async #build(run: WatchedRun, original: Original, reserved: SnapshotRecord): Promise<SnapshotRecord> {
    const { files, clock, observer, audit, remover } = this.#ports;
    const startedMs = clock.monotonic();
    let extent: Extent = 'nothing';
    try {
      await this.#claim(run, reserved);
      extent = 'unpublished';
      const result = await files.build({
        source: `${run.realPath}/${reserved.stepName}`,
        identity: original.identity,
        inventory: original.inventory,
        snapshotDirectory: reserved.snapshotDirectory,
        temporaryName: temporaryName(reserved.id),
        stepName: reserved.stepName,
        publishedName: reserved.layout === 'orbax' ? null : publishedNameOf(reserved),
        mode: reserved.mode,
        immutable: run.record.options.immutable,
      });
      if (result.outcome !== 'built') throw failureOf(reserved, result);
      extent = 'published';
      await audit.identify(reserved);
      const ready: SnapshotRecord = { ...reserved, state: 'ready' };
      await this.#commitReady(ready, result.inventory);
      const { step, generation, mode, fileCount, sizeBytes: bytes } = ready;
      const durationMs = clock.monotonic() - startedMs;
      observer.snapshotBuilt({ run: run.name, step, generation, mode, durationMs, files: fileCount, bytes });
      return ready;
    } catch (error) {
      await remover.discard(reserved, extent);
      throw error;
    }
  }

  async #claim(run: WatchedRun, { snapshotDirectory, stepName }: SnapshotRecord): Promise<void> {
    const claim = await this.#ports.files.claim(snapshotDirectory, this.#ports.owner);
    if (claim.outcome === 'foreign') {
      throw new EngineError(
        'snapshot_dir_in_use',
        `${snapshotDirectory} belongs to another steplease server (store ${claim.owner})`,
        {
          hint: `use that server, or give this run a snapshot_dir of its own; ${adoptionHint(run.record.directory)}`,
        },
      );
    }
    if (claim.outcome === 'failed') throw snapshotFailed(stepName, claim.errno, claim.detail);
  }

  async #commitReady(ready: SnapshotRecord, inventory: Inventory): Promise<void> {
    const { log, clock, holdings, audit } = this.#ports;
    await log.commit(async (tx, { emit, apply }) => {
      if (!(await changeSnapshot(tx, ready.id, 'building', 'published')))
        throw new Error(`the row of snapshot ${ready.id} is no longer building`);
      emit(snapshotEvent('snapshot.created', ready, clock.now()));
      apply(() => {
        audit.remember(ready.id, inventory);
        holdings.putSnapshot(ready);
      });
    });
  }
}
