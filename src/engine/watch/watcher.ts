import type { Cancel, Clock } from '../clock.js';
import type { FileSystem, Listing, StopWatching } from '../file-system.js';
import type { Observer } from '../observer.js';
import { runState } from '../runs/run-state.js';
import type { WatchedRun } from '../runs/watched-run.js';
import { isTemporaryName } from '../steps/commit-marker.js';
import { sameDirectory } from '../steps/generation.js';
import type { TrackedStep } from '../steps/tracked-step.js';
import type { Findings } from './findings.js';
import { type ReadableListing, Scanner, type ScanRules } from './scanner.js';

/** Inventories taken between two looks at the queue, so that a scan never waits long for the background. */
const BACKFILL_BATCH = 25;
/** A filesystem that never stops hinting is scanned half of the time at most. */
const MAX_HINT_PAUSE_MS = 250;
/** Hints that announce no finalized step are gathered for so long. */
const LEISURE_MS = 5;

/** In poll intervals: timers are a little early or late, and every scheduled scan shall be thorough. */
const THOROUGH_AFTER = 0.5;

export interface WatcherPorts {
  readonly files: FileSystem;
  readonly clock: Clock;
  readonly observer: Observer;
  /** Why a real path may not be watched; null when it may. */
  readonly refusal: (realPath: string) => string | null;
}

/**
 * Keeps one run's index true. Hints from the filesystem only make it look sooner; the truth is the scan: after each hint, every poll interval,
 * and whenever somebody asks. One scan serves everybody who asked before it began.
 */
export class Watcher {
  readonly #run: WatchedRun;
  readonly #ports: WatcherPorts;
  readonly #scanner: Scanner;
  readonly #hinted = new Set<string>();
  /** Scans, examinations and background inventories take turns: what one judged is committed before the next looks. */
  #lane: Promise<void> = Promise.resolve();
  /** The scan that has not begun yet. */
  #queued: Promise<void> | null = null;
  #stopWatching: StopWatching | null = null;
  #cancelPoll: Cancel = () => undefined;
  #cancelHint: Cancel | null = null;
  #backfilling = false;
  readonly #checks = new Map<string, Promise<boolean>>();
  #token: string | null = null;
  #identity: string | null = null;
  #lastScan = { endedMs: Number.NEGATIVE_INFINITY, durationMs: 0 };
  #lastThoroughMs = Number.NEGATIVE_INFINITY;
  #stopped = false;

  constructor(run: WatchedRun, ports: WatcherPorts) {
    this.#run = run;
    this.#ports = ports;
    this.#scanner = new Scanner(ports.files, ports.clock, run.index);
  }

  /** Makes the first scan and begins to watch. */
  async start(): Promise<void> {
    await this.scan();
  }

  /** Resolves when what is under way has ended; nothing happens after it. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelPoll();
    this.#cancelHint?.();
    this.#disarm();
    await this.#lane;
  }

  /** Resolves after a scan that began after this call. */
  scan(): Promise<void> {
    this.#queued ??= this.#inTurn(() => {
      this.#queued = null;
      return this.#scanOnce().finally(() => this.#rest());
    });
    return this.#queued;
  }

  /** A scan that begins after this call, then a job: no other scan comes in between. */
  scanAnd(job: () => Promise<void>): Promise<void> {
    return this.#inTurn(() =>
      this.#scanOnce()
        .then(job)
        .finally(() => this.#rest()),
    );
  }

  /** Makes a scan unless the last one ended less than `maxAgeMs` ago. */
  async refresh(maxAgeMs: number): Promise<void> {
    if (this.#ports.clock.monotonic() - this.#lastScan.endedMs > maxAgeMs) await this.scan();
  }

  /**
   * Whether a step still is what the index says, checked now; if not, the index learns of it before this resolves. Callers at the same time share
   * one look.
   */
  isWhole(tracked: TrackedStep): Promise<boolean> {
    const { name } = tracked.entry;
    const underWay = this.#checks.get(name);
    if (underWay !== undefined) return underWay;
    const check = this.#check(tracked).finally(() => this.#checks.delete(name));
    this.#checks.set(name, check);
    return check;
  }

  async #check(tracked: TrackedStep): Promise<boolean> {
    const { entry, inventory, identity } = tracked;
    if (identity === null) return this.#isKnownAfterExamination(tracked);
    const request = { name: entry.name, depth: 'audit', known: inventory } as const;
    const [seen] = await this.#ports.files.inspect(this.#run.realPath, [request]);
    // What cannot be read now stays what it was: a failing disk is not a deletion.
    if (seen?.outcome === 'unreadable') return true;
    if (seen?.outcome === 'present' && sameDirectory(seen.identity, identity) && seen.vanished === null)
      return true;
    this.#hinted.add(entry.name);
    await this.scan();
    return false;
  }

  /**
   * One of thousands, or one from before the restart, that was not looked at yet gets its turn now; then it is another entry of the index.
   * Where it cannot be looked at, it stays what it was.
   */
  async #isKnownAfterExamination(tracked: TrackedStep): Promise<boolean> {
    await this.examine(tracked.entry.name);
    return this.#run.index.get(tracked.entry.name) === tracked;
  }

  /** Fills in what only a full look at one entry tells: sizes, metrics, inventory. */
  examine(name: string): Promise<void> {
    return this.#inTurn(async () => {
      const tracked = this.#run.index.get(name);
      if (tracked === null || this.#run.availability !== 'available') return;
      await this.#run.take(await this.#scanner.examine(this.#run.realPath, this.#rules(), tracked));
    });
  }

  #inTurn(job: () => Promise<void>): Promise<void> {
    const turn = this.#lane.then(() => (this.#stopped ? undefined : job()));
    this.#lane = turn.catch(() => undefined);
    return turn;
  }

  #rest(): void {
    if (this.#stopped || this.#queued !== null) return;
    this.#cancelPoll();
    this.#cancelPoll = this.#ports.clock.after(this.#run.record.options.pollIntervalMs, () =>
      this.#scanUnasked(),
    );
    if (!this.#backfilling) void this.#backfill();
  }

  /** A scan that nobody waits for: its failure was observed, and the next one tries again. */
  #scanUnasked(): void {
    this.scan().catch(() => undefined);
  }

  async #scanOnce(): Promise<void> {
    const { files, clock, observer } = this.#ports;
    const startedMs = clock.monotonic();
    const hinted = new Set(this.#hinted);
    this.#hinted.clear();
    try {
      let changed = 0;
      const report = async (findings: Findings) => {
        if (findings.size > 0) changed += (await this.#run.take(findings)).length;
      };
      if (this.#run.availability === 'available') {
        await report(await this.#scanner.peek(this.#run.realPath, this.#rules(), hinted));
      }
      const listing = await files.list(this.#run.record.directory, this.#token);
      const readable = await this.#admit(listing, report);
      if (readable !== null) {
        const isThorough =
          startedMs - this.#lastThoroughMs >= this.#run.record.options.pollIntervalMs * THOROUGH_AFTER;
        await this.#scanner.scan(this.#run.realPath, readable, this.#rules(), { hinted, isThorough }, report);
        if (isThorough) this.#lastThoroughMs = startedMs;
        if (readable.outcome === 'listed') this.#token = readable.token;
        this.#arm();
      }
      const endedMs = clock.monotonic();
      this.#lastScan = { endedMs, durationMs: endedMs - startedMs };
      this.#run.watch = { ...this.#run.watch, lastScanAt: clock.now(), scans: this.#run.watch.scans + 1 };
      observer.scanFinished({
        run: this.#run.name,
        durationMs: endedMs - startedMs,
        entries: this.#run.index.size,
        changed,
      });
    } catch (error) {
      // What was not committed is found again: the next listing must not be compared with this one.
      this.#token = null;
      for (const name of hinted) this.#hinted.add(name);
      observer.scanFailed({
        run: this.#run.name,
        reason: error instanceof Error ? error.message : String(error),
      });
      throw error;
    }
  }

  /** Takes over how the directory is. Null: there is nothing to look at. */
  async #admit(
    listing: Listing,
    report: (findings: Findings) => Promise<void>,
  ): Promise<ReadableListing | null> {
    if (listing.outcome === 'absent' && listing.errno !== 'ENOTDIR') {
      await this.#lose(report);
      await this.#become('waiting_for_directory', 'the directory does not exist');
      return null;
    }
    if (listing.outcome === 'absent' || listing.outcome === 'unavailable') {
      this.#token = null;
      this.#disarm();
      const detail = listing.outcome === 'absent' ? 'it is not a directory' : listing.detail;
      await this.#become('unavailable', detail);
      return null;
    }
    const refusal = this.#ports.refusal(listing.realPath);
    if (refusal !== null) {
      this.#token = null;
      this.#disarm();
      await this.#become('unavailable', refusal);
      return null;
    }
    if (listing.outcome === 'listed' && listing.identity !== this.#identity) await this.#settleIn(listing);
    await this.#become('available', null);
    return listing;
  }

  async #settleIn(listing: Extract<Listing, { outcome: 'listed' }>): Promise<void> {
    const { record } = this.#run;
    const located = await this.#ports.files.locate(record.directory);
    const moved = this.#identity !== null;
    this.#disarm();
    this.#identity = listing.identity;
    this.#run.realPath = listing.realPath;
    this.#run.commitMode =
      record.options.commitMode === 'auto'
        ? located.gcsfuse
          ? 'commit_file'
          : 'atomic_rename'
        : record.options.commitMode;
    const { watch } = record.options;
    const mode = watch === 'auto' ? (located.medium === 'network' ? 'poll' : 'events') : watch;
    this.#run.watch = { ...this.#run.watch, mode };
    if (moved)
      await this.#run.tell('run.directory_changed', {
        directory: record.directory,
        reason: 'another directory has its place',
      });
  }

  /** Everything is gone with the directory. */
  async #lose(report: (findings: Findings) => Promise<void>): Promise<void> {
    this.#token = null;
    this.#disarm();
    const names = [...this.#run.index.all()].map(({ entry }) => entry.name);
    for (let start = 0; start < names.length; start += 200) {
      await report(new Map(names.slice(start, start + 200).map((name) => [name, null])));
    }
  }

  async #become(
    availability: 'available' | 'unavailable' | 'waiting_for_directory',
    reason: string | null,
  ): Promise<void> {
    const { availability: before, finished } = this.#run;
    await this.#run.setAvailability(availability, reason, () => ({
      directory: this.#run.record.directory,
      state: availability,
    }));
    if (before !== availability)
      this.#ports.observer.runStateChanged({
        run: this.#run.name,
        from: runState(before, finished),
        to: runState(availability, finished) ?? 'unavailable',
        reason,
      });
  }

  #rules(): ScanRules {
    const { options } = this.#run.record;
    return {
      formats: options.stepNameFormats,
      commitMode: this.#run.commitMode,
      ownDirectories: ownDirectories(this.#run),
      settleMs: 2 * options.pollIntervalMs,
    };
  }

  #arm(): void {
    if (this.#stopWatching !== null || this.#run.watch.mode === 'poll' || this.#stopped) return;
    this.#stopWatching = this.#ports.files.watch(
      this.#run.realPath,
      (name) => this.#hint(name),
      (reason) => {
        this.#stopWatching = null;
        if (this.#stopped) return;
        this.#run.watch = { ...this.#run.watch, degraded: reason };
        this.#ports.observer.watchDegraded({ run: this.#run.name, reason });
      },
    );
    this.#run.watch = { ...this.#run.watch, degraded: null };
    // Watch first, then scan: what happened between the listing and the watch raised no hint.
    this.#hint(null);
  }

  #disarm(): void {
    this.#stopWatching?.();
    this.#stopWatching = null;
    // A watch that ended with its directory says nothing about the filesystem.
    this.#run.watch = { ...this.#run.watch, degraded: null };
  }

  #hint(name: string | null): void {
    if (name !== null) this.#hinted.add(name);
    if (this.#queued !== null || this.#stopped) return;
    const { endedMs, durationMs } = this.#lastScan;
    const restMs = Math.min(durationMs, MAX_HINT_PAUSE_MS) - (this.#ports.clock.monotonic() - endedMs);
    // A rename comes as two hints, the temporary name first: the scan shall begin with the second.
    const isUrgent = name !== null && !isTemporaryName(name);
    const pauseMs = Math.max(restMs, isUrgent ? 0 : LEISURE_MS);
    if (pauseMs > 0 && this.#cancelHint !== null) return;
    this.#cancelHint?.();
    this.#cancelHint = null;
    if (pauseMs <= 0) {
      this.#scanUnasked();
      return;
    }
    this.#cancelHint = this.#ports.clock.after(pauseMs, () => {
      this.#cancelHint = null;
      this.#scanUnasked();
    });
  }

  async #backfill(): Promise<void> {
    this.#backfilling = true;
    try {
      for (let found = 1; found > 0 && !this.#stopped; ) {
        await this.#inTurn(async () => {
          found = 0;
          if (this.#run.availability !== 'available') return;
          const findings = await this.#scanner.backfill(this.#run.realPath, this.#rules(), BACKFILL_BATCH);
          found = findings.size;
          await this.#run.take(findings);
        });
      }
    } catch (error) {
      this.#ports.observer.scanFailed({
        run: this.#run.name,
        reason: error instanceof Error ? error.message : String(error),
      });
    } finally {
      this.#backfilling = false;
    }
  }
}

function ownDirectories(run: WatchedRun): ReadonlySet<string> {
  const own = new Set(['_STEPLEASE']);
  const { snapshotDirectory, snapshotLayout } = run.record.options;
  if (snapshotLayout === 'orbax') own.add('_SNAPSHOTS');
  const { directory } = run.record;
  if (snapshotDirectory?.startsWith(`${directory}/`)) {
    own.add(snapshotDirectory.slice(directory.length + 1).split('/', 1)[0] ?? '');
  }
  return own;
}
