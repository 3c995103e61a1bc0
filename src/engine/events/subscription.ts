import type { RunGlobs } from '../access/run-globs.js';
import type { Clock } from '../clock.js';
import type { EventDocument } from '../documents.js';
import type { SubscribeRequest, Subscription } from '../engine.js';
import { Interrupt } from '../signals/interrupt.js';
import { nap } from '../signals/nap.js';
import { isoTime } from '../units.js';
import type { EventLog } from './event-log.js';

/** Events read ahead of a consumer, at most. */
const BATCH = 256;
/** Idle time after which a bookmark tells a stream how far it is. */
const BOOKMARK_INTERVAL_MS = 15_000;

/**
 * One stream of events, in three phases that are one loop: **backfill** reads pages of the log from the start position; **cutover** is the
 * read that reaches the log's end, at a version of the wakeup remembered before it; **live** sleeps until that version changes and reads on
 * from where it stood. The position only moves over events that were handed out or filtered, so nothing is lost or doubled in between.
 */
export class LogSubscription implements Subscription {
  readonly #log: EventLog;
  readonly #clock: Clock;
  readonly #request: SubscribeRequest;
  readonly #runs: RunGlobs;
  readonly #interrupt = new Interrupt();
  #position: number;
  #announced = false;
  readonly #onClose: () => void;

  /** @param sight the runs that the subscriber sees. */
  constructor(log: EventLog, clock: Clock, request: SubscribeRequest, sight: RunGlobs, onClose: () => void) {
    this.#log = log;
    this.#clock = clock;
    this.#request = request;
    this.#runs = sight.within(request.run);
    this.#position = request.after === null ? log.position : log.parse(request.after);
    this.#onClose = onClose;
  }

  async next(): Promise<readonly EventDocument[] | null> {
    if (!this.#announced) {
      this.#announced = true;
      return [this.#bookmark()];
    }
    const wakeup = this.#log.wakeup(this.#request.run);
    const idleSince = this.#clock.monotonic();
    while (this.#interrupt.reason === null) {
      const seen = wakeup.version;
      const { types } = this.#request;
      const page = await this.#log.page({ after: this.#position, limit: BATCH, runs: this.#runs, types });
      this.#position = page.through;
      if (page.events.length > 0) return page.events.map((event) => this.#log.document(event));
      if (page.more) continue;
      const idleMs = this.#clock.monotonic() - idleSince;
      if (idleMs >= BOOKMARK_INTERVAL_MS) return [this.#bookmark()];
      await nap(this.#clock, wakeup, seen, this.#interrupt, BOOKMARK_INTERVAL_MS - idleMs);
    }
    return null;
  }

  /** Ends the stream: `next`, under way or to come, gives null. */
  close(): void {
    this.#interrupt.raise('client_gone');
    this.#onClose();
  }

  #bookmark(): EventDocument {
    return {
      specversion: '1.0',
      id: this.#log.cursor(this.#position),
      source: this.#request.run === null ? '/runs' : `/runs/${this.#request.run}`,
      type: 'bookmark',
      time: isoTime(this.#clock.now()),
    };
  }
}
