import type { Bounds } from '../access/limit.js';
import type { Principal } from '../access/principal.js';
import { requireScope } from '../access/require-scope.js';
import { RunGlobs } from '../access/run-globs.js';
import type { Clock } from '../clock.js';
import type { ConsumerRegistry } from '../consumers/consumer-registry.js';
import type { ConsumerRemoval } from '../consumers/consumer-removal.js';
import type { ListDocument, RunDocument } from '../documents.js';
import type { RunListQuery } from '../engine.js';
import { EngineError } from '../errors.js';
import type { EventLog } from '../events/event-log.js';
import type { FileSystem } from '../file-system.js';
import type { LiveHoldings } from '../holdings/live-holdings.js';
import type { LeaseTerms } from '../leases/lease-terms.js';
import { checkName, NAME } from '../names.js';
import type { Observer } from '../observer.js';
import { invalidPage } from '../pages.js';
import type { RunRecord } from '../runs/run.js';
import { DEFAULT_RUN_OPTIONS, type RunOptions, withImplied } from '../runs/run-options.js';
import { WatchedRun } from '../runs/watched-run.js';
import { Interrupt } from '../signals/interrupt.js';
import { Lane } from '../signals/lane.js';
import { snapshotDirectoryOf } from '../snapshots/snapshot-paths.js';
import type { SnapshotRemover } from '../snapshots/snapshot-remover.js';
import type { StepEntry } from '../steps/step.js';
import type { LiveRun, RunRegistry } from '../watch/run-registry.js';
import { Watcher } from '../watch/watcher.js';
import type { AllowedDirectories } from './allowed-directories.js';
import { DirectoryClaims } from './directory-claims.js';
import { describeOptions, describeRun } from './run-document.js';
import { checkOptions, checkRoom, checkSight } from './run-rules.js';
import { findSnapshotObstacle } from './snapshot-obstacle.js';

export interface RunAdministrationPorts {
  readonly files: FileSystem;
  readonly log: EventLog;
  readonly clock: Clock;
  readonly observer: Observer;
  readonly holdings: LiveHoldings;
  readonly registry: RunRegistry;
  readonly terms: LeaseTerms;
  readonly remover: SnapshotRemover;
  readonly allowed: AllowedDirectories;
  readonly consumers: ConsumerRegistry;
  readonly removal: ConsumerRemoval;
  readonly owner: string;
  readonly maxRuns: Bounds;
}

/** Registers, changes, finishes and removes runs, one change at a time. */
export class RunAdministration {
  readonly #ports: RunAdministrationPorts;
  readonly #claims: DirectoryClaims;
  readonly #lane = new Lane();

  constructor(ports: RunAdministrationPorts) {
    this.#ports = ports;
    this.#claims = new DirectoryClaims(ports.allowed, ports.registry);
  }

  /** Begins to watch a run that is stored already; its first scan goes on in the background. */
  revive(record: RunRecord, entries: readonly StepEntry[]): LiveRun {
    const live = this.#assemble(record, entries);
    this.#ports.registry.add(live);
    return live;
  }

  /** @param runs those that the caller sees, by name. */
  async list(
    runs: readonly LiveRun[],
    { directory, limit, page }: RunListQuery,
  ): Promise<ListDocument<RunDocument>> {
    if (page !== null && !NAME.test(page)) throw invalidPage(page);
    const found = runs
      .filter(({ run }) => directory === null || run.record.directory === directory)
      .filter(({ run }) => page === null || run.name > page);
    const shown = found.slice(0, limit);
    const items = await Promise.all(shown.map((live) => this.describe(live)));
    return { items, next_page: found.length > shown.length ? (shown.at(-1)?.run.name ?? null) : null };
  }

  /** @param caller none of the runs that it does not see is told of; null: the command line, to which no limit applies. */
  put(
    name: string,
    directory: string,
    options: Partial<RunOptions>,
    caller: Principal | null,
  ): Promise<{ created: boolean; run: RunDocument }> {
    return this.#lane.run(async () => {
      const complete = { ...DEFAULT_RUN_OPTIONS, ...withImplied(options) };
      checkName('run', name);
      const sight = caller?.runs ?? RunGlobs.everything;
      checkSight(name, sight);
      checkOptions(complete);
      const realPath = await this.#claims.directory(name, directory, sight);
      if (complete.snapshotDirectory !== null)
        await this.#claims.snapshotDirectory(name, complete.snapshotDirectory, realPath, sight);
      const known = this.#ports.registry.find(name);
      const live =
        known === null
          ? await this.#create(name, directory, realPath, complete, caller)
          : await this.#change(known, directory, realPath, complete, caller);
      return { created: known === null, run: await this.describe(live) };
    });
  }

  /** A run of the command line: what is said there wins, and what is not said stays as it was stored. */
  async configure(name: string, directory: string, options: Partial<RunOptions>): Promise<void> {
    const stored = this.#ports.registry.find(name)?.run.record.options;
    await this.put(name, directory, { ...stored, ...withImplied(options) }, null);
  }

  remove({ run: { name } }: LiveRun, isForced: boolean): Promise<void> {
    return this.#lane.run(async () => {
      const { registry } = this.#ports;
      const live = registry.get(name);
      if (!isForced) this.#checkUnused(name);
      registry.delete(name);
      live.removal.raise('run_removed');
      await live.watcher.stop();
      try {
        await this.#forget(live.run);
      } catch (error) {
        // Its waits were told that it is gone; who asks again finds it.
        const again = { ...live, removal: new Interrupt() };
        registry.add(again);
        this.#watchAgain(again);
        throw error;
      }
    });
  }

  #checkUnused(name: string): void {
    const leases = this.#ports.holdings.activeOf(name).length;
    const consumers = this.#ports.consumers.ofRun(name).length;
    if (leases + consumers === 0) return;
    throw new EngineError(
      'run_in_use',
      `run "${name}" has ${leases} active leases and ${consumers} consumers`,
      {
        hint: 'release the leases and delete the consumers, or add ?force=true: leases end as broken, consumers go',
      },
    );
  }

  async #forget({ name, record }: WatchedRun): Promise<void> {
    const { terms, log, clock, removal } = this.#ports;
    await terms.breakAll(name, 'the run was removed');
    await log.commit(async (tx, changes) => {
      await removal.removeAll(tx, changes, name);
      if (!(await tx.runs.remove(name))) return;
      const data = { directory: record.directory };
      changes.emit({ run: name, type: 'run.removed', subject: name, time: clock.now(), data });
    });
  }

  finish({ run: { name } }: LiveRun, reason: string | null): Promise<RunDocument> {
    return this.#lane.run(async () => {
      const { registry, clock } = this.#ports;
      const live = registry.get(name);
      const { run, watcher } = live;
      // In the scan's turn: a step that this scan did not see is finalized later, and undoes this.
      await watcher.scanAnd(() => {
        const finishReason = reason ?? run.record.finishReason;
        const record = { ...run.record, finishedAt: run.record.finishedAt ?? clock.now(), finishReason };
        const latest_step = run.index.highest()?.entry.step ?? null;
        return run.change(record, run.finished ? null : 'run.finished', { reason, latest_step });
      });
      return this.describe(live);
    });
  }

  reopen({ run: { name } }: LiveRun): Promise<RunDocument> {
    return this.#lane.run(async () => {
      const live = this.#ports.registry.get(name);
      if (live.run.finished) {
        await live.run.change({ ...live.run.record, finishedAt: null, finishReason: null }, 'run.reopened', {
          reason: 'it was asked for',
        });
      }
      return this.describe(live);
    });
  }

  async describe(live: LiveRun): Promise<RunDocument> {
    const { files, owner, holdings, remover } = this.#ports;
    const snapshotObstacle = await findSnapshotObstacle(files.snapshots, live.run, owner);
    return describeRun(live.run, holdings, { snapshotObstacle, stuck: remover.stuckOf(live.run.name) });
  }

  async #create(
    name: string,
    directory: string,
    realPath: string,
    options: RunOptions,
    caller: Principal | null,
  ): Promise<LiveRun> {
    const { clock, log, registry, maxRuns } = this.#ports;
    if (caller !== null) checkRoom(registry.all(), maxRuns, caller.name);
    const record: RunRecord = {
      name,
      directory,
      realPath,
      options,
      finishedAt: null,
      finishReason: null,
      unavailableSince: null,
      createdAt: clock.now(),
      createdBy: caller?.name ?? null,
    };
    const live = this.#assemble(record, []);
    await log.commit(async (tx, { emit, apply }) => {
      await tx.runs.put(record);
      const data = { directory, options: { ...describeOptions(options) } };
      emit({
        run: name,
        type: 'run.registered',
        subject: name,
        time: record.createdAt,
        data: JSON.parse(JSON.stringify(data)),
      });
      apply(() => registry.add(live));
    });
    await live.watcher.scan();
    return live;
  }

  async #change(
    live: LiveRun,
    directory: string,
    realPath: string,
    options: RunOptions,
    caller: Principal | null,
  ): Promise<LiveRun> {
    const { run } = live;
    const record: RunRecord = { ...run.record, directory, realPath, options };
    const before = run.record;
    if (isEqual([before.directory, before.options], [directory, options])) {
      await live.watcher.scan();
      return live;
    }
    if (caller !== null) requireScope(caller, 'admin');
    const movesPaths =
      directory !== before.directory || snapshotDirectoryOf(record) !== snapshotDirectoryOf(before);
    const { holdings, consumers } = this.#ports;
    const held =
      holdings.activeOf(run.name).length +
      holdings.snapshotsOf(run.name).length +
      consumers.holdsOf(run.name).length;
    if (movesPaths && held > 0) {
      throw new EngineError(
        'run_in_use',
        `run "${run.name}" has active leases or holds: its directory, snapshot_layout and snapshot_dir cannot change now`,
        {
          hint: 'release the leases and delete the consumers first, or register another run',
        },
      );
    }
    await live.watcher.stop();
    try {
      await run.change(record, directory === before.directory ? null : 'run.directory_changed', {
        directory,
        reason: 'the run was changed',
      });
    } catch (error) {
      this.#watchAgain(live);
      throw error;
    }
    live.watcher = this.#watcherOf(run);
    await live.watcher.scan();
    return live;
  }

  #assemble(record: RunRecord, entries: readonly StepEntry[]): LiveRun {
    const { log, clock, holdings } = this.#ports;
    const run = new WatchedRun(record, { log, clock, holdings: holdings }, entries);
    return { run, watcher: this.#watcherOf(run), removal: new Interrupt() };
  }

  /** What was to happen to the run failed, and its watcher is stopped: all shall be as it was. */
  #watchAgain(live: LiveRun): void {
    live.watcher = this.#watcherOf(live.run);
    // Observed where it fails, and tried again a poll interval later.
    live.watcher.scan().catch(() => undefined);
  }

  #watcherOf(run: WatchedRun): Watcher {
    const { files, clock, observer } = this.#ports;
    const refusal = (realPath: string) => this.#claims.refusal(run.name, realPath);
    return new Watcher(run, { files, clock, observer, refusal });
  }
}

function isEqual(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
