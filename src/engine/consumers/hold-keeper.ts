import type { Clock } from '../clock.js';
import { EngineError } from '../errors.js';
import type { EventLog } from '../events/event-log.js';
import type { Observer } from '../observer.js';
import { letGo } from '../snapshots/let-go.js';
import { StepVanished } from '../snapshots/snapshot-failure.js';
import type { SnapshotRemover } from '../snapshots/snapshot-remover.js';
import { runUnavailable } from '../watch/run-errors.js';
import type { LiveRun, RunRegistry } from '../watch/run-registry.js';
import type { OwedStep } from './consumer.js';
import { type SkipReason, skippedEvent } from './consumer-event.js';
import { planHolds } from './hold-plan.js';
import type { HoldProtocol } from './hold-protocol.js';
import type { LiveConsumer } from './live-consumer.js';
import { changeOwed } from './owed-states.js';

export interface HoldKeeperPorts {
  readonly log: EventLog;
  readonly clock: Clock;
  readonly observer: Observer;
  readonly protocol: HoldProtocol;
  readonly remover: SnapshotRemover;
  readonly runs: RunRegistry;
}

/** Between two attempts to hold a step. */
const RETRY_MS = 1_000;

/**
 * Keeps a consumer's owed steps held, as many as there is room for, and skips those that were deleted before. Holds do not wait for each other: a
 * slow one, of whatever run, is no reason to lose a step.
 */
export class HoldKeeper {
  readonly #ports: HoldKeeperPorts;
  /** Steps whose hold failed a moment ago. */
  readonly #failed = new WeakMap<LiveConsumer, Set<number>>();
  readonly #jobs = new Set<Promise<unknown>>();

  constructor(ports: HoldKeeperPorts) {
    this.#ports = ports;
  }

  /** Begins what is to be done now; resolves when the attempts begun have ended. Never rejects. */
  async tend(consumer: LiveConsumer): Promise<void> {
    const live = this.#ports.runs.find(consumer.run);
    if (live === null || consumer.ended.reason !== null || consumer.record.settings.mode === 'latest') return;
    // Nobody knows what is in a directory that cannot be read.
    if (live.run.availability === 'unknown' || live.run.availability === 'unavailable') return;
    const failed = this.#failed.get(consumer);
    const plan = planHolds({
      owed: consumer.owed(),
      maxPending: live.run.record.options.snapshotMode === 'none' ? 0 : consumer.record.settings.maxPending,
      underWay: consumer.holds.keys(),
      isThere: (owed) => isThere(live, owed),
      hasFailed: ({ ordinal }) => failed?.has(ordinal) === true,
    });
    await this.#run([
      ...plan.skip.map((owed) => this.skip(consumer, owed, 'deleted')),
      ...plan.hold.map((owed) => this.#tryHold(live, consumer, owed)),
    ]);
  }

  /** Resolves when the step is held, or settled; rejects as `HoldProtocol.hold` does. Joins a hold that is being taken. */
  ensure(live: LiveRun, consumer: LiveConsumer, owed: OwedStep): Promise<void> {
    const known = consumer.holds.find(owed.ordinal);
    if (known !== null) return known;
    const hold = consumer.holds.run(owed.ordinal, () => this.#hold(live, consumer, owed));
    // Workers that wait for the hold look again once it can be begun anew.
    return this.#track(hold.finally(() => this.#ports.log.wakeup(consumer.run).signal()));
  }

  /** Settles an owed step that nobody will get, with the event that says why. Of one that is in flight, or settled, nothing changes. */
  async skip(consumer: LiveConsumer, { ordinal }: OwedStep, reason: SkipReason): Promise<void> {
    const { log, clock, observer, remover } = this.#ports;
    const { run, name } = consumer;
    const skipped = await log.commit(async (tx, changes) => {
      const owed = await tx.consumers.findOwed(run, name, ordinal);
      const event = reason === 'disk' ? 'gave_way' : reason;
      if (owed === null || !(await changeOwed(tx, owed, event))) return null;
      changes.emit(skippedEvent(owed, reason, clock.now()));
      changes.apply(() => consumer.remove(ordinal));
      await letGo(tx, changes, remover, owed);
      return owed;
    });
    if (skipped === null) return;
    const { step, generation } = skipped;
    observer.stepSkipped({ run, consumer: name, step, generation, reason });
  }

  /** Resolves when nothing is under way any more. */
  async close(): Promise<void> {
    while (this.#jobs.size > 0) await Promise.allSettled(this.#jobs);
  }

  async #tryHold(live: LiveRun, consumer: LiveConsumer, owed: OwedStep): Promise<void> {
    try {
      await this.ensure(live, consumer, owed);
    } catch (error) {
      if (!(error instanceof StepVanished)) this.#retry(consumer, owed, error);
      else if (!(await this.forsake(live, consumer, owed))) this.#retry(consumer, owed, runUnavailable(live));
    }
  }

  /** A step that proved to be gone is skipped, as soon as the index knows it, too. False: nobody knows, for the directory cannot be read. */
  async forsake(live: LiveRun, consumer: LiveConsumer, owed: OwedStep): Promise<boolean> {
    await live.watcher.recheck(owed.stepName);
    if (live.run.availability === 'unavailable') return false;
    await this.skip(consumer, owed, 'deleted');
    return true;
  }

  async #hold(live: LiveRun, consumer: LiveConsumer, owed: OwedStep): Promise<void> {
    const { clock, observer, protocol } = this.#ports;
    const startedMs = clock.monotonic();
    const { run, name } = consumer;
    const { step, generation } = owed;
    try {
      await protocol.hold(live, consumer, owed);
    } catch (error) {
      if (error instanceof EngineError) {
        consumer.lastError = `step ${step}: ${error.code}: ${error.message}`;
        observer.holdFailed({ run, consumer: name, step, code: error.code, detail: error.message });
      }
      throw error;
    }
    consumer.lastError = null;
    observer.stepHeld({ run, consumer: name, step, generation, durationMs: clock.monotonic() - startedMs });
  }

  #retry(consumer: LiveConsumer, { ordinal }: OwedStep, error: unknown): void {
    const { clock, observer } = this.#ports;
    if (!(error instanceof EngineError)) observer.internalError({ during: 'holding a step', error });
    const failed = this.#failed.get(consumer) ?? new Set();
    this.#failed.set(consumer, failed.add(ordinal));
    clock.after(RETRY_MS, () => {
      failed.delete(ordinal);
      void this.tend(consumer);
    });
  }

  async #run(jobs: readonly Promise<unknown>[]): Promise<void> {
    const all = Promise.allSettled(jobs).then((results) => {
      for (const result of results)
        if (result.status === 'rejected')
          this.#ports.observer.internalError({
            during: 'keeping the holds of a consumer',
            error: result.reason,
          });
    });
    await this.#track(all);
  }

  #track<T>(job: Promise<T>): Promise<T> {
    const tracked = job.finally(() => this.#jobs.delete(tracked));
    this.#jobs.add(tracked);
    return tracked;
  }
}

function isThere({ run }: LiveRun, { stepName, generation }: OwedStep): boolean {
  const entry = run.index.get(stepName)?.entry;
  return entry?.state === 'finalized' && entry.generation === generation;
}
