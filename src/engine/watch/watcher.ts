import type { Cancel } from '../clock.js';
import type { Hint, Obstacle } from '../file-system.js';
import type { WatchedRun } from '../runs/watched-run.js';
import { Lane } from '../signals/lane.js';
import { SingleFlight } from '../signals/single-flight.js';
import type { Findings } from '../steps/findings.js';
import type { TrackedStep } from '../steps/tracked-step.js';
import { DirectoryWatch } from './directory-watch.js';
import type { ScanRules } from './examiner.js';
import { Hints } from './hints.js';
import { RunDirectory, type RunDirectoryPorts } from './run-directory.js';
import { Scanner } from './scanner.js';

/** Inventories taken between two looks at the queue, so that a scan never waits long for the background. */
const BACKFILL_BATCH = 25;
/** In poll intervals: timers are a little early or late, and every scheduled scan shall be thorough. */
const THOROUGH_AFTER = 0.5;
/** A waiter that is woken by what a look found need not look again at once. */
const RECENT_MS = 1000;
/** Between a scan and one that a settling step asks for. */
const SOONEST_MS = 10;

/**
 * Keeps one run's index true. Hints from the filesystem only make it look sooner; the truth is the scan: after each hint, every poll interval,
 * and whenever somebody asks. One scan serves everybody who asked before it began.
 */
export class Watcher {
  readonly #run: WatchedRun;
  readonly #ports: RunDirectoryPorts;
  readonly #scanner: Scanner;
  readonly #hints: Hints;
  readonly #watch: DirectoryWatch;
  readonly #directory: RunDirectory;
  /** Scans, examinations and background inventories take turns: what one judged is committed before the next looks. */
  readonly #lane = new Lane();
  /** The scan that has not begun yet. */
  #queued: Promise<void> | null = null;
  #cancelPoll: Cancel = () => undefined;
  #backfilling = false;
  readonly #checks = new SingleFlight<string, boolean>();
  #token: string | null = null;
  #lastScanEndedMs = Number.NEGATIVE_INFINITY;
  #lastThoroughMs = Number.NEGATIVE_INFINITY;
  #stopped = false;

  constructor(run: WatchedRun, ports: RunDirectoryPorts) {
    this.#run = run;
    this.#ports = ports;
    this.#scanner = new Scanner(ports.files, ports.clock, run.index);
    this.#hints = new Hints(ports.clock, () => this.#scanUnasked());
    this.#watch = new DirectoryWatch(run, ports, (hint) => this.#hint(hint));
    this.#directory = new RunDirectory(run, ports, this.#watch);
  }

  /** Makes the first scan and begins to watch. */
  async start(): Promise<void> {
    await this.scan();
  }

  /** Resolves when what is under way has ended; nothing happens after it. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelPoll();
    this.#hints.stop();
    this.#watch.disarm();
    await this.#lane.run(async () => undefined);
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
    if (this.#ports.clock.monotonic() - this.#lastScanEndedMs > maxAgeMs) await this.scan();
  }

  /**
   * Whether a step still is what the index says, every file of it; if not, the index learns of it before this resolves. Callers at the same time
   * share one look.
   *
   * @param askedMs monotonic time at which the caller's request began: a look since then, not long ago, is recent enough.
   */
  isWhole(tracked: TrackedStep, askedMs = Number.POSITIVE_INFINITY): Promise<boolean> {
    const { name } = tracked.entry;
    const recentMs = this.#ports.clock.monotonic() - RECENT_MS;
    if (this.#scanner.lookedMs(tracked) >= Math.max(askedMs, recentMs)) return Promise.resolve(true);
    return this.#checks.run(name, () => this.#check(tracked));
  }

  async #check(tracked: TrackedStep): Promise<boolean> {
    const { entry, inventory, identity } = tracked;
    if (identity === null || inventory === null) return this.#isKnownAfterExamination(tracked);
    const { commitMarker } = this.#rules();
    const request = { name: entry.name, depth: 'full_audit', known: inventory, commitMarker } as const;
    const [seen] = await this.#ports.files.inspect(this.#run.realPath, [request]);
    // What cannot be read now stays what it was: a failing disk is not a deletion.
    if (seen?.outcome === 'unreadable') return true;
    if (seen?.outcome === 'present' && seen.identity.saving === identity.saving && seen.change === null)
      return true;
    await this.recheck(entry.name);
    return false;
  }

  /** A scan that begins after this call and looks at every file of one step. */
  recheck(name: string): Promise<void> {
    this.#hints.note(name);
    return this.scan();
  }

  /**
   * One of thousands, or one from before the restart, that was not looked at as a whole yet gets its turn now; then it is another entry of the index.
   * Where it cannot be looked at, it stays what it was.
   */
  async #isKnownAfterExamination(tracked: TrackedStep): Promise<boolean> {
    await this.examine(tracked.entry.name);
    return this.#run.index.get(tracked.entry.name) === tracked;
  }

  /** Fills in what only a full look at one entry tells: sizes, metrics, inventory. Gives what kept it from being looked at; null: nothing did. */
  async examine(name: string): Promise<Obstacle | null> {
    let kept: Obstacle | null = null;
    await this.#inTurn(async () => {
      const tracked = this.#run.index.get(name);
      if (tracked === null || this.#run.availability !== 'available') return;
      const { findings, obstacle } = await this.#scanner.examine(this.#run.realPath, this.#rules(), tracked);
      await this.#run.take(findings);
      kept = obstacle;
    });
    return kept;
  }

  #inTurn(job: () => Promise<void>): Promise<void> {
    return this.#lane.run(async () => {
      if (!this.#stopped) await job();
    });
  }

  #rest(): void {
    if (this.#stopped || this.#queued !== null) return;
    this.#cancelPoll();
    this.#cancelPoll = this.#ports.clock.after(this.#untilNextScanMs(), () => this.#scanUnasked());
    if (!this.#backfilling) void this.#backfill();
  }

  /** The poll interval, or less where a step has settled before. */
  #untilNextScanMs(): number {
    const { pollIntervalMs } = this.#run.record.options;
    const restMs = this.#run.index.nextDueMs() - this.#ports.clock.monotonic();
    return Math.min(pollIntervalMs, Math.max(restMs, SOONEST_MS));
  }

  /** A scan that nobody waits for: its failure was observed, and the next one tries again. */
  #scanUnasked(): void {
    this.scan().catch(() => undefined);
  }

  async #scanOnce(): Promise<void> {
    const { files, clock, observer } = this.#ports;
    const startedMs = clock.monotonic();
    const hinted = this.#hints.take();
    try {
      let changed = 0;
      const report = async (findings: Findings) => {
        if (findings.size > 0) changed += (await this.#run.take(findings)).length;
      };
      if (this.#run.availability === 'available') {
        await report(await this.#scanner.peek(this.#run.realPath, this.#rules(), hinted));
      }
      const listing = await files.list(this.#run.record.directory, this.#token);
      const readable = await this.#directory.admit(listing, report);
      if (readable === null) {
        this.#token = null;
      } else {
        const isThorough =
          startedMs - this.#lastThoroughMs >= this.#run.record.options.pollIntervalMs * THOROUGH_AFTER;
        await this.#scanner.scan(this.#run.realPath, readable, this.#rules(), { hinted, isThorough }, report);
        if (isThorough) this.#lastThoroughMs = startedMs;
        if (readable.outcome === 'listed') this.#token = readable.token;
        if (!this.#stopped) this.#watch.arm();
      }
      const endedMs = clock.monotonic();
      this.#lastScanEndedMs = endedMs;
      this.#hints.scanned(endedMs, endedMs - startedMs);
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
      this.#hints.giveBack(hinted);
      observer.scanFailed({
        run: this.#run.name,
        reason: error instanceof Error ? error.message : String(error),
      });
      throw error;
    }
  }

  #rules(): ScanRules {
    const { options } = this.#run.record;
    return {
      formats: options.stepNameFormats,
      commitMode: this.#run.commitMode,
      ownDirectories: ownDirectories(this.#run),
      commitMarker: options.commitMarker,
      settleMs: options.settleMs,
    };
  }

  #hint(hint: Hint): void {
    const { name } = hint;
    if (name !== null) this.#hints.note(name, hint);
    // The scan that is queued has not begun: it will see.
    if (this.#queued === null && !this.#stopped) this.#hints.ask(name);
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
