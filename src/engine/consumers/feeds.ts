import type { Clock } from '../clock.js';
import type { EventLog } from '../events/event-log.js';
import type { Observer } from '../observer.js';
import type { LiveRun } from '../watch/run-registry.js';
import { Feed } from './feed.js';
import type { HoldKeeper } from './hold-keeper.js';
import type { LiveConsumer } from './live-consumer.js';

/** The feeds of the consumers of mode `every`, each from its start to the end of its consumer. */
export class Feeds {
  readonly #log: EventLog;
  readonly #clock: Clock;
  readonly #observer: Observer;
  readonly #keeper: HoldKeeper;
  readonly #feeds = new Map<LiveConsumer, { readonly feed: Feed; readonly followed: Promise<void> }>();

  constructor(log: EventLog, clock: Clock, observer: Observer, keeper: HoldKeeper) {
    this.#log = log;
    this.#clock = clock;
    this.#observer = observer;
    this.#keeper = keeper;
  }

  begin(live: LiveRun, consumer: LiveConsumer): void {
    if (consumer.record.settings.mode === 'latest') return;
    const feed = new Feed(this.#log, this.#clock, this.#observer, consumer, () =>
      this.#keeper.tend(consumer),
    );
    this.#feeds.set(consumer, { feed, followed: feed.follow(live) });
  }

  /** Resolves when everything that the log had at the call is taken up. */
  async drain(consumer: LiveConsumer): Promise<void> {
    await this.#feeds.get(consumer)?.feed.drain();
  }

  isCaughtUp(consumer: LiveConsumer): boolean {
    return this.#feeds.get(consumer)?.feed.isCaughtUp ?? true;
  }

  /** Resolves when the feed of a consumer that has ended does nothing any more. */
  async end(consumer: LiveConsumer): Promise<void> {
    await this.#feeds.get(consumer)?.followed;
    this.#feeds.delete(consumer);
  }
}
