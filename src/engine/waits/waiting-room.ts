import { type Bounds, type LimitRule, Quota } from '../access/limit.js';
import type { Clock } from '../clock.js';
import type {
  SatisfiedWaitDocument,
  UnsatisfiedReason,
  UnsatisfiedWaitDocument,
  WaitDocument,
} from '../documents.js';
import type { WaitRequest } from '../engine.js';
import type { EventLog } from '../events/event-log.js';
import type { Holdings } from '../holdings/holdings.js';
import type { Interrupt } from '../signals/interrupt.js';
import { nap } from '../signals/nap.js';
import { WaitScope } from '../signals/wait-scope.js';
import { describeStep } from '../steps/step-document.js';
import { seconds } from '../units.js';
import type { LiveRun } from '../watch/run-registry.js';
import { awaitCondition, type Condition, type Met, type Unmet } from './condition.js';
import type { WaitRecorder, WaitStart } from './wait-recorder.js';

export const DEFAULT_TIMEOUT_MS = 30_000;
/** An index scanned so recently is taken as the present: waiters that come together share one scan. */
const FRESH_MS = 50;

export interface WaitLimits {
  readonly maxWaitMs: number;
  readonly waits: Bounds;
}

const LIMIT: LimitRule = {
  setting: 'max_waits',
  code: 'too_many_waits',
  noun: 'waiting requests',
  hint: 'ask again later, or share one wait among several readers',
};

/** One request that wants to wait. */
export interface WaitCall {
  readonly live: LiveRun;
  readonly timeoutMs: number;
  readonly caller: string;
  readonly start: WaitStart;
}

export interface WaitSlice {
  readonly live: LiveRun;
  readonly scope: WaitScope;
  readonly start: WaitStart;
  readonly timeoutMs: number;
}

export interface UnsatisfiedEnd {
  readonly kind: UnsatisfiedReason;
  /** Position in the log up to which there was no such step. */
  readonly position: number;
}

export type WaitEnd = Met | UnsatisfiedEnd;

/** Where requests wait for steps. Every rule of waiting is here, for `/wait` and for leases alike. */
export class WaitingRoom {
  readonly #log: EventLog;
  readonly #clock: Clock;
  readonly #holdings: Holdings;
  readonly #recorder: WaitRecorder;
  readonly #limits: WaitLimits;
  readonly #shutdown: Interrupt;
  readonly #quota: Quota;

  constructor(
    log: EventLog,
    clock: Clock,
    holdings: Holdings,
    recorder: WaitRecorder,
    limits: WaitLimits,
    shutdown: Interrupt,
  ) {
    this.#log = log;
    this.#clock = clock;
    this.#holdings = holdings;
    this.#recorder = recorder;
    this.#limits = limits;
    this.#shutdown = shutdown;
    this.#quota = new Quota(LIMIT, limits.waits);
  }

  async wait(
    live: LiveRun,
    request: WaitRequest,
    caller: string,
    signal: AbortSignal,
  ): Promise<WaitDocument> {
    const timeoutMs = request.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    const after = request.after === null ? null : this.#log.parse(request.after);
    const condition: Condition = { until: request.until, exactly: null, after, except: new Set() };
    const start = this.#recorder.begin(live.run.name, request.until, 'wait', request.waitId);
    return this.admit({ live, timeoutMs, caller, start }, signal, async (slice) => {
      const end = await this.seek(slice, condition);
      this.record(slice, end);
      return end.kind === 'step' ? this.#satisfied(slice, end) : this.unsatisfied(slice, end, condition);
    });
  }

  /** Runs one request that waits, within the server's limits. */
  async admit<T>(
    { live, timeoutMs, caller, start }: WaitCall,
    signal: AbortSignal | null,
    body: (slice: WaitSlice) => Promise<T>,
  ): Promise<T> {
    const leave = this.#enter(caller, start);
    const cappedMs = Math.min(timeoutMs, this.#limits.maxWaitMs);
    const scope = new WaitScope(this.#clock, cappedMs, [this.#shutdown, live.removal], signal);
    this.#recorder.started(start);
    try {
      return await body({ live, scope, start, timeoutMs });
    } catch (error) {
      const reason = scope.interrupt.reason;
      if (reason !== null && reason !== 'deadline') this.#recorder.end(start, 'cancelled', null);
      throw error;
    } finally {
      leave();
      scope.close();
    }
  }

  #enter(caller: string, start: WaitStart): () => void {
    try {
      return this.#quota.enter(caller);
    } catch (error) {
      this.#recorder.refused(start);
      throw error;
    }
  }

  /**
   * Waits until the condition is met. A present step beats the deadline and the finished run; neither counts before a scan that began after
   * the request has not shown one. What is found is looked at once more: a step that is being deleted is no answer, nor is the end of a run that
   * this very scan has reopened. Throws when the wait must not be answered at all.
   */
  async seek(slice: WaitSlice, condition: Condition): Promise<WaitEnd> {
    const { run, watcher } = slice.live;
    for (;;) {
      const end = await this.#find(slice, condition);
      if (end.kind === 'step' && !(await watcher.isWhole(end.tracked, slice.scope.startedMs))) continue;
      if (end.kind === 'finished' && !run.finished) continue;
      return end;
    }
  }

  /**
   * Makes the index that a wait begins with the present one. True: the deadline has passed already, and the look at the directory, which
   * began after the request, was the last one.
   */
  async freshen({ live, scope }: Pick<WaitSlice, 'live' | 'scope'>): Promise<boolean> {
    const isDue = scope.interrupt.reason === 'deadline';
    const look = live.watcher.refresh(isDue ? -1 : FRESH_MS);
    await (isDue ? look : scope.interrupt.unless(look));
    return isDue;
  }

  async #find({ live, scope, timeoutMs }: WaitSlice, condition: Condition): Promise<WaitEnd> {
    const { run } = live;
    const isDue = await this.freshen({ live, scope });
    let found = await awaitCondition(this.#log, run, condition, scope.interrupt);
    const isLate = scope.interrupt.reason === 'deadline' && !isDue;
    if (found.kind === 'finished' || (found.kind === 'interrupted' && isLate))
      found = await this.#lastLook(live, condition, found);
    if (found.kind !== 'interrupted') return found;
    const failure = scope.failure(run.name);
    if (failure !== null) throw failure;
    return this.late({ timeoutMs }, found.position);
  }

  /** What a wait ends with when its deadline passes. */
  late({ timeoutMs }: Pick<WaitSlice, 'timeoutMs'>, position = this.#log.position): UnsatisfiedEnd {
    return { kind: timeoutMs > this.#limits.maxWaitMs ? 'max_wait' : 'timeout', position };
  }

  record({ start }: WaitSlice, end: WaitEnd): void {
    if (end.kind === 'max_wait') this.#recorder.pause(start);
    else if (end.kind === 'step') this.#recorder.end(start, 'reached', end.tracked.entry.step);
    else this.#recorder.end(start, end.kind, null);
  }

  /**
   * A path becomes free with an event of the run, or by other hands: whether there is time to look again after either. Wakeups without an
   * event do not count: workers that give steps back would wake each other for as long as the paths are taken.
   *
   * @param since the run's position when the attempt began: what happens while it fails is not missed.
   * @param isOver something else ended the pause.
   */
  async mayTryAgain(
    { live, scope }: WaitSlice,
    since: number,
    isOver: () => boolean = () => false,
  ): Promise<boolean> {
    const { run } = live;
    const { interrupt } = scope;
    const wakeup = this.#log.wakeup(run.name);
    const untilMs = this.#clock.monotonic() + run.record.options.pollIntervalMs;
    while (run.position === since && interrupt.reason === null && !isOver()) {
      const restMs = untilMs - this.#clock.monotonic();
      if (restMs <= 0) break;
      await nap(this.#clock, wakeup, wakeup.version, interrupt, restMs);
    }
    const failure = scope.failure(run.name);
    if (failure !== null) throw failure;
    return interrupt.reason === null;
  }

  unsatisfied(
    { live, scope, timeoutMs }: WaitSlice,
    { kind: reason, position }: UnsatisfiedEnd,
    condition: Condition,
  ): UnsatisfiedWaitDocument {
    return {
      kind: 'wait',
      run: live.run.name,
      satisfied: false,
      step: -1,
      reason,
      cursor: this.#log.cursor(position),
      waited: seconds(scope.waitedMs),
      timeout: seconds(timeoutMs),
      detail: this.#explain(live, reason, condition),
    };
  }

  async #lastLook({ run, watcher }: LiveRun, condition: Condition, otherwise: Unmet): Promise<Met | Unmet> {
    await watcher.scan();
    const due = new WaitScope(this.#clock, 0, [], null);
    const after = condition.after === null ? null : otherwise.position;
    const found = await awaitCondition(this.#log, run, { ...condition, after }, due.interrupt);
    return found.kind === 'step' ? found : { ...otherwise, position: found.position };
  }

  #satisfied({ live, scope, timeoutMs }: WaitSlice, { tracked, position }: Met): SatisfiedWaitDocument {
    return {
      kind: 'wait',
      run: live.run.name,
      satisfied: true,
      step: tracked.entry.step,
      reason: 'reached',
      cursor: this.#log.cursor(position),
      waited: seconds(scope.waitedMs),
      timeout: seconds(timeoutMs),
      item: describeStep(live.run, tracked.entry, this.#holdings),
    };
  }

  #explain({ run }: LiveRun, reason: UnsatisfiedReason, { until, after }: Condition): string {
    const wanted =
      after !== null
        ? 'no further step was finalized'
        : until === null
          ? 'there is no step'
          : `no step is ${until} or higher`;
    const highest = run.index.highest()?.entry.step;
    const state =
      run.availability === 'available'
        ? highest === undefined || highest === null
          ? 'the directory holds no finalized step'
          : `the highest finalized step is ${highest}`
        : run.availability === 'waiting_for_directory'
          ? 'the directory does not exist'
          : `the directory cannot be read: ${run.reason ?? 'it was not scanned yet'}`;
    const why = {
      timeout: 'the timeout passed',
      finished: `the run was finished${run.record.finishReason === null ? '' : ` (${run.record.finishReason})`}`,
      max_wait: "the server's longest wait passed: ask again",
    }[reason];
    return `${wanted}: ${state}; ${why}`;
  }
}
