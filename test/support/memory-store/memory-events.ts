import type { EventDraft, StoredEvent } from '../../../src/engine/events/event.js';
import type { EventPage, EventQuery, EventRange, EventWriter } from '../../../src/engine/store.js';
import type { Current } from './memory-state.js';
import { cutOff, type PruneLimits } from './prune.js';

export class MemoryEvents implements EventWriter {
  readonly #current: Current;

  constructor(current: Current) {
    this.#current = current;
  }

  async page({ after, limit, runs, types }: EventQuery): Promise<EventPage> {
    const { events, lastEvent } = this.#current();
    const matching = events.filter(
      (event) =>
        event.sequence > after && runs.sees(event.run) && (types === null || types.includes(event.type)),
    );
    const shown = matching.slice(0, limit);
    const more = matching.length > limit;
    const through = more ? (shown.at(-1)?.sequence ?? after) : Math.max(after, lastEvent);
    return { events: shown, through, more };
  }

  async range(): Promise<EventRange> {
    const { events, lastEvent } = this.#current();
    return { oldest: events[0]?.sequence ?? lastEvent + 1, newest: lastEvent };
  }

  async append(drafts: readonly EventDraft[]): Promise<readonly StoredEvent[]> {
    const state = this.#current();
    const appended = drafts.map((draft) => {
      state.lastEvent += 1;
      return { ...structuredClone(draft), sequence: state.lastEvent };
    });
    state.events = [...state.events, ...appended];
    return appended;
  }

  async prune(limits: PruneLimits): Promise<number> {
    const state = this.#current();
    const count = cutOff(
      state.events.map(({ time }) => time),
      limits,
    );
    state.events = state.events.slice(count);
    return count;
  }
}
