import { type Bounds, type LimitRule, Quota } from '../access/limit.js';
import type { Principal } from '../access/principal.js';
import type { RunGlobs } from '../access/run-globs.js';
import type { Clock } from '../clock.js';
import type { EventPageDocument } from '../documents.js';
import type { EventPageRequest, SubscribeRequest, Subscription } from '../engine.js';
import type { Interrupt } from '../signals/interrupt.js';
import { waitForEvents } from '../signals/wait-for-events.js';
import { shuttingDown, WaitScope } from '../signals/wait-scope.js';
import type { EventLog } from './event-log.js';
import { LogSubscription } from './subscription.js';

const STREAM_LIMIT: LimitRule = {
  setting: 'max_streams',
  code: 'limit_reached',
  noun: 'event streams',
  hint: 'read the events page by page, or close streams that nobody needs',
};

/** What `/events` reads, as a page or as a stream. */
export class LogReader {
  readonly #log: EventLog;
  readonly #clock: Clock;
  readonly #shutdown: Interrupt;
  readonly #quota: Quota;
  readonly #maxWaitMs: number;
  readonly #subscriptions = new Set<LogSubscription>();
  #isDraining = false;

  constructor(
    log: EventLog,
    clock: Clock,
    shutdown: Interrupt,
    limits: { readonly streams: Bounds; readonly maxWaitMs: number },
  ) {
    this.#log = log;
    this.#clock = clock;
    this.#shutdown = shutdown;
    this.#quota = new Quota(STREAM_LIMIT, limits.streams);
    this.#maxWaitMs = limits.maxWaitMs;
  }

  /** @param sight the runs that the caller sees; the position moves over the events of all others. */
  async page(request: EventPageRequest, sight: RunGlobs, signal: AbortSignal): Promise<EventPageDocument> {
    const { run, types, limit } = request;
    const runs = sight.within(run);
    let position = request.after === null ? null : this.#log.parse(request.after);
    const scope = new WaitScope(
      this.#clock,
      Math.min(request.timeoutMs, this.#maxWaitMs),
      [this.#shutdown],
      signal,
    );
    try {
      const found = await waitForEvents(this.#log.wakeup(run), scope.interrupt, async () => {
        const page = await (position === null
          ? this.#log.oldest({ limit, runs, types })
          : this.#log.page({ after: position, limit, runs, types }));
        position = page.through;
        return page.events.length > 0 || page.more ? page : null;
      });
      if (found === null && scope.interrupt.reason === 'shutdown') throw shuttingDown();
      return {
        items: found?.events.map((event) => this.#log.document(event)) ?? [],
        cursor: this.#log.cursor(position ?? undefined),
        more: found?.more ?? false,
      };
    } finally {
      scope.close();
    }
  }

  async subscribe(request: SubscribeRequest, caller: Principal): Promise<Subscription> {
    if (this.#isDraining) throw shuttingDown();
    const leave = this.#quota.enter(caller.name);
    try {
      return this.#open(request, caller.runs, leave);
    } catch (error) {
      leave();
      throw error;
    }
  }

  #open(request: SubscribeRequest, sight: RunGlobs, leave: () => void): Subscription {
    const subscription: LogSubscription = new LogSubscription(this.#log, this.#clock, request, sight, () => {
      this.#subscriptions.delete(subscription);
      leave();
    });
    this.#subscriptions.add(subscription);
    return subscription;
  }

  /** Ends every stream; clients resume from their cursors elsewhere, or here after the restart. */
  drain(): void {
    this.#isDraining = true;
    for (const subscription of [...this.#subscriptions]) subscription.close();
  }
}
