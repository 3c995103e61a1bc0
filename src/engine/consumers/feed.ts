import { RunGlobs } from '../access/run-globs.js';
import type { Clock } from '../clock.js';
import type { StoredEvent } from '../events/event.js';
import type { EventLog } from '../events/event-log.js';
import type { Observer } from '../observer.js';
import { Lane } from '../signals/lane.js';
import { nap } from '../signals/nap.js';
import { waitForEvents } from '../signals/wait-for-events.js';
import type { LiveRun } from '../watch/run-registry.js';
import type { OwedDraft } from './consumer.js';
import type { LiveConsumer } from './live-consumer.js';
import { isWanted } from './start-position.js';

const PAGE = 256;
/** So far the stored position may stay behind when nothing but foreign events came. */
const UNSTORED = 500;

/**
 * What a consumer of mode `every` owes, read from the event log from its own durable position on. What a restart found in its first scan
 * comes in the order of the steps: such a scan reports thousands of steps the newest first.
 */
export class Feed {
  readonly #log: EventLog;
  readonly #clock: Clock;
  readonly #observer: Observer;
  readonly #consumer: LiveConsumer;
  readonly #onTaken: () => Promise<void>;
  /** How far it has read; the record says how far that is stored. */
  #position: number;
  /** Events up to there are of the first scan, and of what came before. */
  #firstScanEnd: number | null = null;
  #gathered: OwedDraft[] = [];
  readonly #lane = new Lane();
  #isCaughtUp = false;
  readonly #begun: Promise<void>;
  #begin: () => void = () => undefined;

  /** @param onTaken after every look at the log: something may be owed, or be gone. Never rejects. */
  constructor(
    log: EventLog,
    clock: Clock,
    observer: Observer,
    consumer: LiveConsumer,
    onTaken: () => Promise<void>,
  ) {
    this.#log = log;
    this.#clock = clock;
    this.#observer = observer;
    this.#consumer = consumer;
    this.#onTaken = onTaken;
    this.#position = Math.max(consumer.record.position, log.floor);
    this.#begun = new Promise((resolve) => {
      this.#begin = resolve;
    });
  }

  /** What was finalized before the start is taken up, and its first holds were attempted. */
  get isCaughtUp(): boolean {
    return this.#isCaughtUp;
  }

  /** Reads until the consumer ends, from the run's first scan on: what is there is known then. */
  async follow(live: LiveRun): Promise<void> {
    const { ended, run } = this.#consumer;
    await this.#awaitFirstScan(live);
    this.#firstScanEnd = this.#log.position;
    this.#begin();
    await waitForEvents(this.#log.wakeup(run), ended, async () => {
      await this.#look();
      return null;
    });
  }

  /** Resolves when everything that the log had at the call is taken up. */
  drain(): Promise<void> {
    return this.#lane.run(() => this.#begun.then(() => this.#advance()));
  }

  async #awaitFirstScan({ run, watcher }: LiveRun): Promise<void> {
    const { ended } = this.#consumer;
    const wakeup = this.#log.wakeup(run.name);
    while (run.watch.scans === 0 && ended.reason === null) {
      const seen = wakeup.version;
      // That it fails is observed where it does.
      await ended.unless(watcher.scan().catch(() => undefined));
      if (run.watch.scans === 0)
        await nap(this.#clock, wakeup, seen, ended, run.record.options.pollIntervalMs);
    }
  }

  async #look(): Promise<void> {
    try {
      await this.drain();
      // Not awaited: what comes next must not wait for slow holds.
      const tended = this.#onTaken();
      if (!this.#isCaughtUp)
        void tended.then(() => {
          this.#isCaughtUp = true;
        });
    } catch (error) {
      this.#observer.internalError({ during: 'taking up steps for a consumer', error });
    }
  }

  async #advance(): Promise<void> {
    const runs = RunGlobs.only(this.#consumer.run);
    // Events that are kept no longer were read long ago; only the position stayed behind, while others happened.
    this.#position = Math.max(this.#position, this.#log.floor);
    while (this.#firstScanEnd !== null && this.#position < this.#log.position) {
      const query = { after: this.#position, limit: PAGE, runs, types: ['step.finalized'] } as const;
      const page = await this.#log.page(query);
      await this.#take(page.events, page.through, this.#firstScanEnd);
    }
  }

  async #take(events: readonly StoredEvent[], through: number, firstScanEnd: number): Promise<void> {
    const early = events
      .filter(({ sequence }) => sequence <= firstScanEnd)
      .flatMap((event) => this.#draft(event));
    const late = events
      .filter(({ sequence }) => sequence > firstScanEnd)
      .flatMap((event) => this.#draft(event));
    this.#gathered.push(...early);
    if (through < firstScanEnd) {
      this.#position = through;
      return;
    }
    const drafts = [...this.#gathered.sort((a, b) => a.step - b.step), ...late];
    await this.#owe(drafts, through);
    this.#gathered = [];
    this.#position = through;
  }

  async #owe(drafts: readonly OwedDraft[], through: number): Promise<void> {
    const { record } = this.#consumer;
    if (drafts.length === 0 && through - record.position < UNSTORED) return;
    // The position moves with the last of them: what a crash cuts short is read again, and nothing is owed twice.
    for (let start = 0; start === 0 || start < drafts.length; start += PAGE) {
      const isLast = start + PAGE >= drafts.length;
      await this.#store(drafts.slice(start, start + PAGE), isLast ? through : null);
    }
  }

  async #store(drafts: readonly OwedDraft[], through: number | null): Promise<void> {
    const { run, name } = this.#consumer;
    await this.#log.commit(async (tx, { apply }) => {
      // Another one may have taken its name since.
      if (this.#consumer.ended.reason !== null) return;
      if (through !== null) await tx.consumers.update(run, name, { position: through });
      const taken = drafts.length === 0 ? [] : await tx.consumers.owe(run, name, drafts);
      apply(() => {
        for (const owed of taken) this.#consumer.put(owed);
        if (through !== null) this.#consumer.change({ position: through });
      });
    });
  }

  #draft({ data }: StoredEvent): readonly OwedDraft[] {
    const { step, name, generation } = data;
    const isStep = typeof step === 'number' && typeof name === 'string' && typeof generation === 'string';
    if (!isStep || !isWanted(this.#consumer.record.settings, step)) return [];
    return [{ step, stepName: name, generation }];
  }
}
