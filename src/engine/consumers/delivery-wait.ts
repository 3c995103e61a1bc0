import type { Clock } from '../clock.js';
import type { UnsatisfiedNextDocument } from '../documents.js';
import type { EventLog } from '../events/event-log.js';
import { nap } from '../signals/nap.js';
import { seconds } from '../units.js';
import type { WaitingRoom, WaitSlice } from '../waits/waiting-room.js';
import type { LiveRun } from '../watch/run-registry.js';
import type { OwedStep } from './consumer.js';
import { consumerNotFound } from './consumer-registry.js';
import type { Feeds } from './feeds.js';
import type { LiveConsumer } from './live-consumer.js';
import type { NewestStep } from './newest-step.js';
import { type Choice, choose, type Situation } from './selection.js';

export interface DeliveryWaitPorts {
  readonly log: EventLog;
  readonly clock: Clock;
  readonly room: WaitingRoom;
  readonly feeds: Feeds;
  readonly newest: NewestStep;
}

type Outcome =
  | { readonly kind: 'offer'; readonly owed: OwedStep }
  | { readonly kind: 'finished' }
  | { readonly kind: 'interrupted'; readonly isLimited: boolean };

export type DeliveryEnd =
  | { readonly kind: 'offer'; readonly owed: OwedStep }
  | { readonly kind: UnsatisfiedNextDocument['reason'] };

/** How a worker waits for its next step: with the log's wakeup and the scans that every wait has. */
export class DeliveryWait {
  readonly #ports: DeliveryWaitPorts;

  constructor(ports: DeliveryWaitPorts) {
    this.#ports = ports;
  }

  /** As for every wait, "no" comes only after a scan that began after the request. Throws when it must not be answered at all. */
  async seek(slice: WaitSlice, consumer: LiveConsumer): Promise<DeliveryEnd> {
    const { live, scope } = slice;
    // What is owed is delivered whatever the directory holds now; which step is the newest, a look at it decides.
    const isLatest = consumer.record.settings.mode === 'latest';
    for (let isLastLook = isLatest && (await this.#ports.room.freshen(slice)); ; ) {
      const outcome = await this.#look(slice, consumer);
      if (outcome.kind === 'offer') return outcome;
      const failure = scope.failure(live.run.name);
      if (failure !== null) throw failure;
      if (isLastLook && (outcome.kind !== 'finished' || live.run.finished)) return this.#end(slice, outcome);
      await live.watcher.scan();
      isLastLook = true;
    }
  }

  /** What there is at the moment, as far as the log is read. */
  situation(live: LiveRun, consumer: LiveConsumer): Situation {
    const { settings, lastYielded } = consumer.record;
    return {
      settings,
      owed: consumer.owed(),
      lastYielded,
      hasNewer: this.#ports.newest.find(live, consumer) !== null,
      nowMs: this.#ports.clock.monotonic(),
      nextGrantMs: consumer.nextGrantMs,
      isClaimed: (ordinal) => consumer.isClaimed(ordinal),
      dueMs: (ordinal) => consumer.dueMs(ordinal),
    };
  }

  async #look({ live, scope }: WaitSlice, consumer: LiveConsumer): Promise<Outcome> {
    const { log, clock, feeds } = this.#ports;
    const { interrupt } = scope;
    const wakeup = log.wakeup(live.run.name);
    for (;;) {
      const seen = wakeup.version;
      // With the deadline passed the log is read to its end all the same.
      await (interrupt.reason === 'deadline'
        ? feeds.drain(consumer)
        : interrupt.unless(feeds.drain(consumer)));
      const failure = scope.failure(live.run.name);
      if (failure !== null) throw failure;
      if (consumer.ended.reason !== null) throw consumerNotFound(consumer.run, consumer.name);
      const choice = await this.#choose(live, consumer, scope.startedMs);
      if (choice.kind === 'offer') return choice;
      if (choice.kind === 'newer') continue;
      if (choice.isDrained && live.run.finished && live.run.availability !== 'unavailable')
        return { kind: 'finished' };
      if (interrupt.reason !== null) return { kind: 'interrupted', isLimited: choice.isLimited };
      const delayMs = choice.wakeMs === null ? null : choice.wakeMs - clock.monotonic();
      await nap(clock, wakeup, seen, interrupt, delayMs);
    }
  }

  /** `newer`: it is taken up, look again. */
  async #choose(live: LiveRun, consumer: LiveConsumer, askedMs: number): Promise<Choice> {
    const choice = choose(this.situation(live, consumer));
    if (choice.kind !== 'newer') return choice;
    const { newest, clock } = this.#ports;
    const found = newest.find(live, consumer);
    if (found === null || !(await live.watcher.isWhole(found, askedMs))) return choice;
    if (await newest.takeUp(live, consumer, found)) return choice;
    const wakeMs = clock.monotonic() + live.run.record.options.pollIntervalMs;
    return { kind: 'none', isLimited: false, isDrained: false, wakeMs };
  }

  #end({ timeoutMs }: WaitSlice, outcome: Exclude<Outcome, { kind: 'offer' }>): DeliveryEnd {
    if (outcome.kind === 'finished') return outcome;
    const { kind } = this.#ports.room.late({ timeoutMs });
    return { kind: kind === 'timeout' && outcome.isLimited ? 'in_flight_limit' : kind };
  }

  unsatisfied(
    { live, scope, timeoutMs }: WaitSlice,
    consumer: LiveConsumer,
    reason: UnsatisfiedNextDocument['reason'],
  ): UnsatisfiedNextDocument {
    const { maxInFlight } = consumer.record.settings;
    const why = {
      timeout: 'nothing was to be delivered before the timeout passed',
      finished: `the run was finished${live.run.record.finishReason === null ? '' : ` (${live.run.record.finishReason})`}, and everything is delivered`,
      max_wait: "the server's longest wait passed: ask again",
      in_flight_limit: `there is a step, but ${maxInFlight} deliveries are under way already, the most that max_in_flight allows`,
    }[reason];
    return {
      kind: 'wait',
      run: live.run.name,
      satisfied: false,
      step: -1,
      reason,
      cursor: this.#ports.log.cursor(),
      waited: seconds(scope.waitedMs),
      timeout: seconds(timeoutMs),
      detail: `consumer "${consumer.name}": ${why}`,
    };
  }
}
