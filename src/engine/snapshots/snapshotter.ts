import type { Clock } from '../clock.js';
import { EngineError } from '../errors.js';
import type { EventDraft, EventType } from '../events/event.js';
import type { EventLog } from '../events/event-log.js';
import type { BuildResult, FileSystem, Identity, Inventory, SnapshotMode } from '../file-system.js';
import type { JsonObject } from '../json.js';
import type { LeaseBook } from '../leases/lease-book.js';
import type { Observer } from '../observer.js';
import type { RunRegistry } from '../runs/run-registry.js';
import type { WatchedRun } from '../runs/watched-run.js';
import type { StepEntry } from '../steps/step.js';
import type { Transaction } from '../store.js';
import { isoTime } from '../units.js';
import type { Cleanups } from './cleanups.js';
import type { SnapshotRecord } from './snapshot.js';
import { snapshotPaths, temporaryName, trashName } from './snapshot-paths.js';

/** Between two attempts to remove a snapshot that is stuck. */
const RETRY_MS = 30_000;

export interface SnapshotterPorts {
  readonly files: FileSystem;
  readonly log: EventLog;
  readonly clock: Clock;
  readonly observer: Observer;
  readonly book: LeaseBook;
  readonly runs: RunRegistry;
  readonly cleanups: Cleanups;
  /** The store's id: what the service writes into its snapshot directories to know them again. */
  readonly owner: string;
}

/** A step as it was discovered: what a snapshot of it must equal. */
export interface Original {
  readonly entry: StepEntry & { readonly step: number; readonly generation: string };
  readonly identity: Identity;
  readonly inventory: Inventory;
}

/** The step vanished, wholly or in part, before it was protected. */
export class StepGone extends Error {
  override readonly name = 'StepGone';
  readonly whole: boolean;

  constructor(stepName: string, path: string, how: 'missing' | 'replaced') {
    super(path === '' ? `${stepName} is ${how}` : `${path} of ${stepName} is ${how}`);
    this.whole = path === '';
  }
}

/**
 * Builds snapshots and takes them away again. The rows say what should be there, so that every step between two rows can be
 * repeated or undone after a crash: see `snapshot.ts` for the states.
 */
export class Snapshotter {
  readonly #ports: SnapshotterPorts;
  readonly #builds = new Map<number, Promise<SnapshotRecord>>();
  /** By path: what is being renamed out of sight, and then erased. */
  readonly #removals = new Map<
    string,
    { readonly retired: Promise<boolean>; readonly erased: Promise<void> }
  >();
  readonly #inventories = new Map<number, Inventory>();
  readonly #audits = new Map<number, Promise<string | null>>();
  readonly #stuck = new Map<number, { readonly run: string; readonly detail: string }>();
  readonly #onClose: (() => void)[] = [];
  #closed = false;

  constructor(ports: SnapshotterPorts) {
    this.#ports = ports;
  }

  /** Why snapshots of a run could not be removed. */
  stuckOf(run: string): readonly string[] {
    return [...this.#stuck.values()].filter((stuck) => stuck.run === run).map(({ detail }) => detail);
  }

  /** Waits until nothing is in the way of a new snapshot of the step; rejects when the store cannot take an earlier one off its books. */
  async clear(run: WatchedRun, original: Original): Promise<void> {
    const { path } = snapshotPaths(run.record, original.entry.generation, original.entry.name);
    await this.#ports.cleanups.settle(path);
    await this.#removals.get(path)?.erased;
    await this.#ports.cleanups.settle(path);
  }

  /** The row of a snapshot to be built. */
  reserve(
    tx: Transaction,
    run: WatchedRun,
    original: Original,
    mode: Exclude<SnapshotMode, 'none'>,
  ): Promise<SnapshotRecord> {
    const { generation, step, name } = original.entry;
    const { snapshotDirectory, path } = snapshotPaths(run.record, generation, name);
    return tx.snapshots.insert({
      run: run.name,
      generation,
      step,
      stepName: name,
      state: 'building',
      mode,
      layout: run.record.options.snapshotLayout,
      snapshotDirectory,
      path,
      digest: original.inventory.digest,
      sizeBytes: original.inventory.sizeBytes,
      fileCount: original.inventory.fileCount,
      createdAt: this.#ports.clock.now(),
    });
  }

  /** Begins to build a reserved snapshot; `built` gives the outcome to everybody who joins. */
  begin(run: WatchedRun, original: Original, reserved: SnapshotRecord): void {
    const build = this.#build(run, original, reserved).finally(() => this.#builds.delete(reserved.id));
    build.catch(() => undefined);
    this.#builds.set(reserved.id, build);
  }

  /**
   * Resolves when the snapshot is ready; rejects with `StepGone` or an `EngineError`, and then nothing of it is left but, when the store
   * refuses writes, a row that `clear` removes. Null: it is not being built any more.
   */
  built(snapshotId: number): Promise<SnapshotRecord> | null {
    return this.#builds.get(snapshotId) ?? null;
  }

  /** Takes a ready snapshot that nobody holds off the shelf: from this commit on nobody can join it. The caller then condemns it. */
  async letGo(tx: Transaction, snapshotId: number): Promise<SnapshotRecord | null> {
    if ((await tx.leases.countHolding(snapshotId)) > 0) return null;
    const snapshot = (await tx.snapshots.list()).find(({ id }) => id === snapshotId);
    if (snapshot?.state !== 'ready') return null;
    await tx.snapshots.update(snapshotId, { state: 'deleting' });
    return { ...snapshot, state: 'deleting' };
  }

  /** Begins to remove a snapshot whose row says `deleting`. */
  condemn(snapshot: SnapshotRecord): void {
    this.#ports.book.removeSnapshot(snapshot);
    this.#inventories.delete(snapshot.id);
    const retired = this.#retire(snapshot);
    const erased = this.#remove(snapshot, retired)
      .catch((error: unknown) => this.#ports.observer.internalError({ during: 'removing a snapshot', error }))
      .finally(() => this.#removals.delete(snapshot.path));
    this.#removals.set(snapshot.path, { retired, erased });
  }

  /** Resolves when a condemned snapshot's path is gone. */
  async retired(snapshot: SnapshotRecord): Promise<void> {
    await this.#removals.get(snapshot.path)?.retired;
  }

  /** What vanished of a ready snapshot, as a sentence; null: nothing. Callers at the same time share one look. */
  audit(snapshot: SnapshotRecord): Promise<string | null> {
    const underWay = this.#audits.get(snapshot.id);
    if (underWay !== undefined) return underWay;
    const audit = this.#look(snapshot).finally(() => this.#audits.delete(snapshot.id));
    this.#audits.set(snapshot.id, audit);
    return audit;
  }

  /** Takes over a ready snapshot that was found whole after a restart. */
  adopt(snapshot: SnapshotRecord, inventory: Inventory): void {
    this.#inventories.set(snapshot.id, inventory);
    this.#ports.book.putSnapshot(snapshot);
  }

  /** Takes over a snapshot that is not whole any more, only to end its leases and remove what is left. */
  adoptDamaged(snapshot: SnapshotRecord): void {
    this.#ports.book.putSnapshot(snapshot);
  }

  /** Resolves when nothing is under way any more. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const wake of this.#onClose) wake();
    await Promise.allSettled([
      ...this.#builds.values(),
      ...[...this.#removals.values()].map(({ erased }) => erased),
    ]);
  }

  async #build(run: WatchedRun, original: Original, reserved: SnapshotRecord): Promise<SnapshotRecord> {
    const { files, log, clock, observer } = this.#ports;
    const startedMs = clock.monotonic();
    let isPublished = false;
    try {
      await this.#claim(reserved);
      const result = await files.snapshots.build({
        source: `${run.realPath}/${reserved.stepName}`,
        identity: original.identity,
        inventory: original.inventory,
        snapshotDirectory: reserved.snapshotDirectory,
        temporaryName: temporaryName(reserved.id),
        stepName: reserved.stepName,
        publishedName: snapshotPaths(run.record, reserved.generation, reserved.stepName).publishedName,
        mode: reserved.mode,
        immutable: run.record.options.immutable,
      });
      if (result.outcome !== 'built') throw failureOf(reserved, result);
      isPublished = true;
      const ready: SnapshotRecord = { ...reserved, state: 'ready' };
      await log.commit(
        async (tx, emit) => {
          await tx.snapshots.update(reserved.id, { state: 'ready' });
          emit(this.#event('snapshot.created', ready, {}));
        },
        (_value, events) => {
          this.adopt(ready, result.inventory);
          this.#ports.runs.noteEvents(events);
        },
      );
      const durationMs = clock.monotonic() - startedMs;
      const { step, generation, mode, fileCount, sizeBytes } = ready;
      observer.snapshotBuilt({
        run: run.name,
        step,
        generation,
        mode,
        durationMs,
        files: fileCount,
        bytes: sizeBytes,
      });
      return ready;
    } catch (error) {
      await this.#undo(reserved, isPublished);
      throw error;
    }
  }

  async #claim(reserved: SnapshotRecord): Promise<void> {
    const { snapshotDirectory } = reserved;
    const claim = await this.#ports.files.snapshots.claim(snapshotDirectory, this.#ports.owner);
    if (claim.outcome === 'foreign') {
      throw new EngineError(
        'snapshot_dir_in_use',
        `${snapshotDirectory} belongs to another steplease server (store ${claim.owner})`,
        {
          hint: `use that server, or give this run a snapshot_dir of its own; if that server is gone for good, remove ${snapshotDirectory}`,
        },
      );
    }
    if (claim.outcome === 'failed') throw snapshotFailed(reserved, claim.errno, claim.detail);
  }

  /** The build failed, or its row could not be made ready: nothing of it may stay. */
  #undo(reserved: SnapshotRecord, isPublished: boolean): Promise<void> {
    const { files, log, cleanups } = this.#ports;
    return cleanups.begin(reserved.path, 'undoing a snapshot', async () => {
      if (isPublished) await this.#retire(reserved);
      for (const name of [temporaryName(reserved.id), trashName(reserved.id)]) {
        await files.snapshots.erase(reserved.snapshotDirectory, name);
      }
      await log.commit((tx) => tx.snapshots.remove(reserved.id));
    });
  }

  /** True when nothing is under the published name any more. */
  async #retire(snapshot: SnapshotRecord): Promise<boolean> {
    const name = snapshot.layout === 'orbax' ? snapshot.stepName : snapshot.generation;
    const { snapshotDirectory } = snapshot;
    const result = await this.#ports.files.snapshots.retire({
      snapshotDirectory,
      name,
      trashName: trashName(snapshot.id),
    });
    if (result.outcome === 'failed') await this.#getStuck(snapshot, result.errno, result.detail);
    return result.outcome !== 'failed';
  }

  async #remove(snapshot: SnapshotRecord, retired: Promise<boolean>): Promise<void> {
    const { clock, observer, cleanups } = this.#ports;
    const startedMs = clock.monotonic();
    for (let isRetired = await retired; ; isRetired = await this.#retire(snapshot)) {
      if (isRetired && (await this.#erase(snapshot))) break;
      await this.#pause(RETRY_MS);
      // The next start goes on from the row.
      if (this.#closed) return;
    }
    const { run, step, generation, fileCount: files } = snapshot;
    const durationMs = clock.monotonic() - startedMs;
    await cleanups.begin(snapshot.path, 'recording that a snapshot is gone', async () => {
      await this.#forget(snapshot);
      observer.snapshotRemoved({ run, step, generation, durationMs, files });
    });
  }

  async #erase(snapshot: SnapshotRecord): Promise<boolean> {
    const result = await this.#ports.files.snapshots.erase(
      snapshot.snapshotDirectory,
      trashName(snapshot.id),
    );
    if (result.outcome === 'failed') await this.#getStuck(snapshot, result.errno, result.detail);
    return result.outcome === 'erased';
  }

  async #forget(snapshot: SnapshotRecord): Promise<void> {
    await this.#ports.log.commit(
      async (tx, emit) => {
        await tx.snapshots.remove(snapshot.id);
        emit(this.#event('snapshot.deleted', snapshot, {}));
      },
      (_value, events) => {
        this.#stuck.delete(snapshot.id);
        this.#ports.runs.noteEvents(events);
      },
    );
  }

  async #getStuck(snapshot: SnapshotRecord, errno: string, detail: string): Promise<void> {
    const { log, observer, runs, cleanups } = this.#ports;
    if (this.#stuck.has(snapshot.id)) return;
    this.#stuck.set(snapshot.id, { run: snapshot.run, detail });
    const { run, step, generation, path } = snapshot;
    observer.snapshotStuck({ run, step, generation, path, errno, detail });
    await cleanups.begin('', 'telling of a stuck snapshot', async () => {
      if (!this.#stuck.has(snapshot.id)) return;
      await log.commit(
        async (_tx, emit) => emit(this.#event('snapshot.stuck', snapshot, { errno, detail })),
        (_value, events) => runs.noteEvents(events),
      );
    });
  }

  async #look(snapshot: SnapshotRecord): Promise<string | null> {
    const inventory = this.#inventories.get(snapshot.id);
    if (inventory === undefined) return null;
    const vanished = await this.#ports.files.snapshots.audit(snapshot.path, inventory);
    if (vanished === null) return null;
    const what = vanished.path === '' ? 'the snapshot' : vanished.path;
    return `${what} ${vanished.how === 'missing' ? 'was removed' : 'was replaced'} by other hands`;
  }

  #event(type: EventType, snapshot: SnapshotRecord, more: JsonObject): EventDraft {
    const { run, step, generation, path, mode, sizeBytes, fileCount, createdAt, stepName } = snapshot;
    const data = {
      run,
      step,
      generation,
      path,
      mode,
      size_bytes: sizeBytes,
      file_count: fileCount,
      created_at: isoTime(createdAt),
      ...more,
    };
    return { run, type, subject: stepName, time: this.#ports.clock.now(), data };
  }

  #pause(delayMs: number): Promise<void> {
    if (this.#closed) return Promise.resolve();
    return new Promise((resolve) => {
      const cancel = this.#ports.clock.after(delayMs, resolve);
      this.#onClose.push(() => {
        cancel();
        resolve();
      });
    });
  }
}

function failureOf(reserved: SnapshotRecord, result: Exclude<BuildResult, { outcome: 'built' }>): Error {
  switch (result.outcome) {
    case 'gone':
      return new StepGone(reserved.stepName, result.vanished.path, result.vanished.how);
    case 'busy':
      return new EngineError(
        'snapshot_path_busy',
        `${reserved.path} is occupied by another snapshot or by somebody else's files`,
        {
          hint: 'wait until it is gone, or use snapshot_layout generation, whose paths are never shared',
        },
      );
    case 'failed':
      return snapshotFailed(reserved, result.errno, result.detail);
  }
}

function snapshotFailed({ stepName }: SnapshotRecord, errno: string, detail: string): EngineError {
  if (errno === 'ENOSPC' || errno === 'EDQUOT') {
    return new EngineError('insufficient_storage', `no space for the snapshot of ${stepName}: ${detail}`, {
      hint: 'free space on the filesystem of the snapshot directory, then try again',
      fields: { errno },
    });
  }
  return new EngineError('snapshot_failed', `the snapshot of ${stepName} failed: ${detail}`, {
    hint: 'mend what the detail names, or choose another snapshot_mode for the run with PUT /runs/{run}',
    fields: { errno },
  });
}
