import type { EventDraft, EventType, StoredEvent } from '../../engine/events/event.js';
import type { EventPage, EventQuery, EventRange, EventWriter } from '../../engine/store.js';
import { fromJson, toJson } from './columns.js';
import { lastNumber, takeNumbers } from './counters.js';
import { INSERT, OLDEST, pageStatement, RANGE, REMOVE_THROUGH, typeArguments } from './event-statements.js';
import { lastToPrune, type PruneLimits } from './log-pruning.js';
import { mergeRuns, runArguments } from './merge-runs.js';
import { runNames } from './run-names.js';
import type { EventRow } from './schema.js';
import type { Session } from './session.js';

export class EventTable implements EventWriter {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  /**
   * Reads the newest position first and looks no further: an event that is committed between the two statements belongs to the next
   * page, and `through` never passes it.
   */
  async page(query: EventQuery): Promise<EventPage> {
    const newest = await lastNumber(this.#session, 'last_event');
    const nothing: EventPage = { events: [], through: Math.max(query.after, newest), more: false };
    if (query.types?.length === 0 || query.after >= newest) {
      return nothing;
    }
    const found = await this.#rows(query, query.limit + 1);
    const rows = found.filter(({ sequence }) => sequence <= newest);
    if (rows.length <= query.limit) {
      return { ...nothing, events: rows.map(toEvent) };
    }
    const events = rows.slice(0, query.limit).map(toEvent);
    return { events, through: events.at(-1)?.sequence ?? query.after, more: true };
  }

  async #rows(query: EventQuery, limit: number): Promise<readonly EventRow[]> {
    const { after } = query;
    const types = [...new Set(query.types ?? [])];
    const runs = await runNames(this.#session, 'events', query.runs);
    return mergeRuns<EventRow>(
      runs,
      Math.max(types.length, 1),
      limit,
      (some) => {
        const args = { after, limit, ...runArguments(some), ...typeArguments(types) };
        return this.#session.rows(pageStatement(some?.length ?? 0, types.length), args);
      },
      (a, b) => a.sequence - b.sequence,
    );
  }

  async range(): Promise<EventRange> {
    const [range] = await this.#session.rows(RANGE, {});
    return range ?? { oldest: 1, newest: 0 };
  }

  async append(drafts: readonly EventDraft[]): Promise<readonly StoredEvent[]> {
    if (drafts.length === 0) {
      return [];
    }
    const first = await takeNumbers(this.#session, 'last_event', drafts.length);
    const events = drafts.map((draft, index) => ({ ...draft, sequence: first + index }));
    for (const event of events) {
      await this.#session.change(INSERT, toRow(event));
    }
    return events;
  }

  async prune(limits: PruneLimits): Promise<number> {
    const oldest = await this.#session.rows(OLDEST, { limit: limits.atMost });
    const last = lastToPrune(oldest, await lastNumber(this.#session, 'last_event'), limits);
    return last === null ? 0 : this.#session.change(REMOVE_THROUGH, { last });
  }
}

function toRow(event: StoredEvent): EventRow {
  const { sequence, run, type, subject, time } = event;
  return { sequence, run, type, subject, time, data_json: toJson(event.data) };
}

function toEvent(row: EventRow): StoredEvent {
  return {
    sequence: row.sequence,
    run: row.run,
    // Written by `toRow` from an `EventType`.
    type: row.type as EventType,
    subject: row.subject,
    time: row.time,
    data: fromJson(row.data_json),
  };
}
