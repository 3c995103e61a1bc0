import type { EventPage, EventQuery } from '../store.js';
import type { StoredEvent } from './event.js';

const KEPT = 2_048;

/** The tail of the event log, in memory. Answers only what it can answer exactly as the store would. */
export class RecentEvents {
  /** Ascending, without gaps, ending at `#newest`. */
  #events: StoredEvent[] = [];
  #newest: number;

  constructor(newest: number) {
    this.#newest = newest;
  }

  append(events: readonly StoredEvent[]): void {
    this.#events.push(...events);
    this.#newest = events.at(-1)?.sequence ?? this.#newest;
    if (this.#events.length > 2 * KEPT) this.#events = this.#events.slice(-KEPT);
  }

  /** Null when the query begins before the tail. */
  page(query: EventQuery): EventPage | null {
    const first = this.#newest - this.#events.length;
    if (query.after < first) return null;
    const found: StoredEvent[] = [];
    for (let at = query.after - first; at < this.#events.length; at += 1) {
      const event = this.#events[at];
      if (event === undefined || !matches(event, query)) continue;
      if (found.length === query.limit)
        return { events: found, through: found.at(-1)?.sequence ?? query.after, more: true };
      found.push(event);
    }
    return { events: found, through: Math.max(this.#newest, query.after), more: false };
  }
}

function matches(event: StoredEvent, query: EventQuery): boolean {
  return query.runs.sees(event.run) && (query.types === null || query.types.includes(event.type));
}
