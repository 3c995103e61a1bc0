import type { Clock } from '../clock.js';
import type { EventDocument } from '../documents.js';
import { EngineError } from '../errors.js';
import type { Observer } from '../observer.js';
import { Interrupt } from '../signals/interrupt.js';
import { pause } from '../signals/pause.js';
import { Wakeup } from '../signals/wakeup.js';
import { StorageError } from '../storage-error.js';
import type { EventPage, EventQuery, Store, Transaction } from '../store.js';
import { isoTime } from '../units.js';
import { formatCursor, parseCursor } from './cursor.js';
import type { EventDraft, StoredEvent } from './event.js';
import { RecentEvents } from './recent-events.js';

/** What a work decides beside the rows that it writes; collected anew whenever it is run, for a store may have to repeat it. */
export interface Changes {
  /** Adds an event to the transaction. */
  emit(draft: EventDraft): void;
  /** Changes memory, after the commit and before anyone is woken; must not throw. */
  apply(change: () => void): void;
}

/** Between two attempts at what must be done, while the store takes no writes. */
const RETRY_MS = 1_000;

/**
 * The one way in which anything changes: a transaction and the events that tell of it, then the change in memory, then the wakeups. In
 * that order, so that whoever is woken finds memory and log in agreement.
 */
export class EventLog {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #observer: Observer;
  readonly #closed = new Interrupt();
  readonly #recent: RecentEvents;
  readonly #wakeups = new Map<string, Wakeup>();
  readonly #positions = new Map<string, number>();
  readonly #everything = new Wakeup();
  #newest: number;
  #floor: number;

  private constructor(store: Store, clock: Clock, observer: Observer, newest: number, floor: number) {
    this.#store = store;
    this.#clock = clock;
    this.#observer = observer;
    this.#recent = new RecentEvents(newest);
    this.#newest = newest;
    this.#floor = floor;
  }

  static async open(store: Store, clock: Clock, observer: Observer): Promise<EventLog> {
    const { oldest, newest } = await store.events.range();
    return new EventLog(store, clock, observer, newest, oldest - 1);
  }

  /** Position of the newest event that memory reflects. */
  get position(): number {
    return this.#newest;
  }

  /** Position of the newest event of a run since the start; 0 before the first. */
  positionOf(run: string): number {
    return this.#positions.get(run) ?? 0;
  }

  /** Position before the oldest event kept. */
  get floor(): number {
    return this.#floor;
  }

  /** Signals each event of a run; with null, of any run. */
  wakeup(run: string | null): Wakeup {
    if (run === null) return this.#everything;
    const known = this.#wakeups.get(run);
    if (known !== undefined) return known;
    const wakeup = new Wakeup();
    this.#wakeups.set(run, wakeup);
    return wakeup;
  }

  async commit<T>(work: (tx: Transaction, changes: Changes) => Promise<T>): Promise<T> {
    const { value, events, applied } = await this.#write(async (tx) => {
      const drafts: EventDraft[] = [];
      const applied: (() => void)[] = [];
      const changes: Changes = {
        emit: (draft) => drafts.push(draft),
        apply: (change) => applied.push(change),
      };
      const value = await work(tx, changes);
      return { value, applied, events: drafts.length === 0 ? [] : await tx.events.append(drafts) };
    });
    for (const apply of applied) apply();
    this.#announce(events);
    return value;
  }

  /**
   * Does what must be done in the end, such as writing down that something ended: again and again, until it succeeds or the service
   * stops; the next start goes on from the rows. Resolves after the first attempt, and never rejects.
   *
   * @param during completes "while …".
   */
  async insist(during: string, job: () => Promise<unknown>): Promise<void> {
    try {
      await job();
    } catch (error) {
      if (!(error instanceof StorageError)) this.#observer.internalError({ during, error });
      void pause(this.#clock, this.#closed, RETRY_MS).then(() => {
        if (this.#closed.reason === null) return this.insist(during, job);
      });
    }
  }

  /** What is insisted on is not tried again. */
  close(): void {
    this.#closed.raise('shutdown');
  }

  async #write<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    try {
      return await this.#store.write(work);
    } catch (error) {
      if (error instanceof StorageError) this.#observer.storeCommitFailed({ error });
      throw error;
    }
  }

  #announce(events: readonly StoredEvent[]): void {
    const last = events.at(-1);
    if (last === undefined) return;
    this.#newest = last.sequence;
    this.#recent.append(events);
    for (const event of events) {
      const { run, sequence, type, subject } = event;
      this.#positions.set(run, sequence);
      this.#observer.eventAppended({ run, sequence, type, subject });
    }
    for (const run of new Set(events.map((event) => event.run))) this.#wakeups.get(run)?.signal();
    this.#everything.signal();
  }

  /**
   * Recent events come from memory, so that a thousand live subscribers do not ask the database one by one.
   *
   * @throws EngineError `cursor_expired` when events behind the position were removed meanwhile.
   */
  async page(query: EventQuery): Promise<EventPage> {
    const recent = this.#recent.page(query);
    if (recent !== null) return recent;
    const page = this.#asAnnounced(await this.#store.events.page(query));
    // Asked for after the page: what was missing in it is known now, whatever was removed in between.
    const { oldest } = await this.#store.events.range();
    if (query.after < oldest - 1) throw this.#expired(this.cursor(query.after));
    return page;
  }

  /** From the oldest event kept, whichever that is at the moment. */
  async oldest(query: Omit<EventQuery, 'after'>): Promise<EventPage> {
    return this.#asAnnounced(await this.#store.events.page({ ...query, after: 0 }));
  }

  /** Without events that are committed, and that memory does not reflect yet: nobody could go on from a cursor behind them. */
  #asAnnounced(page: EventPage): EventPage {
    if (page.through <= this.#newest) return page;
    const events = page.events.filter(({ sequence }) => sequence <= this.#newest);
    return { events, through: this.#newest, more: false };
  }

  cursor(sequence: number = this.#newest): string {
    return formatCursor(this.#store.id, sequence);
  }

  /** @throws EngineError `cursor_expired`, with the current cursor to go on from. */
  parse(cursor: string): number {
    const sequence = parseCursor(this.#store.id, { floor: this.#floor, newest: this.#newest }, cursor);
    if (sequence !== null) return sequence;
    throw this.#expired(cursor);
  }

  #expired(cursor: string): EngineError {
    return new EngineError(
      'cursor_expired',
      `cursor "${cursor.slice(0, 64)}" is not one that this server can go on from: it is malformed, from another database, or older than the events kept`,
      {
        hint: 'list the steps again and go on from the cursor of that list',
        fields: { cursor: this.cursor() },
      },
    );
  }

  document(event: StoredEvent): EventDocument {
    return {
      specversion: '1.0',
      id: this.cursor(event.sequence),
      source: `/runs/${event.run}`,
      type: event.type,
      subject: event.subject,
      time: isoTime(event.time),
      data: event.data,
    };
  }

  /** Removes at most `atMost` events that are over the limits; returns how many. */
  async prune(limits: {
    readonly before: number;
    readonly keep: number;
    readonly atMost: number;
  }): Promise<number> {
    const removed = await this.#write((tx) => tx.events.prune(limits));
    if (removed > 0) this.#floor = (await this.#store.events.range()).oldest - 1;
    return removed;
  }
}
