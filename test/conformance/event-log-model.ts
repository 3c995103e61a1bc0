import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { EventDraft, EventType, StoredEvent } from '../../src/engine/events/event.js';
import type { EventPage, EventQuery, EventRange, Store } from '../../src/engine/store.js';
import { type MakeStorage, writeAndFail } from './harness.js';
import { isAsked, runName, someRuns } from './run-choices.js';
import { event } from './sample-records.js';

/** The event log as it is meant: an array that only grows at its end and is only cut at its beginning. */
class EventLogModel {
  events: StoredEvent[] = [];
  newest = 0;

  append(drafts: readonly EventDraft[]): void {
    for (const draft of drafts) {
      this.newest += 1;
      this.events.push({ ...draft, sequence: this.newest });
    }
  }
  prune(before: number, keep: number, atMost: number): number {
    let removed = 0;
    while (removed < atMost && this.events[0] !== undefined) {
      if (this.events[0].time >= before && this.events.length <= keep) {
        break;
      }
      this.events.shift();
      removed += 1;
    }
    return removed;
  }
  page(query: EventQuery): EventPage {
    const matching = this.events.filter(
      (each) =>
        each.sequence > query.after &&
        isAsked(query.runs, each.run) &&
        (query.types === null || query.types.includes(each.type)),
    );
    const events = matching.slice(0, query.limit);
    return matching.length > query.limit
      ? { events, through: events.at(-1)?.sequence ?? query.after, more: true }
      : { events, through: Math.max(query.after, this.newest), more: false };
  }
  range(): EventRange {
    return { oldest: this.events[0]?.sequence ?? this.newest + 1, newest: this.newest };
  }
}

type Command = fc.AsyncCommand<EventLogModel, Store>;

class Append implements Command {
  readonly drafts: readonly EventDraft[];
  constructor(drafts: readonly EventDraft[]) {
    this.drafts = drafts;
  }
  check = () => true;
  async run(model: EventLogModel, store: Store): Promise<void> {
    model.append(this.drafts);
    await store.write((tx) => tx.events.append(this.drafts));
  }
  toString = () => `append ${JSON.stringify(this.drafts)}`;
}

class FailToAppend implements Command {
  check = () => true;
  async run(_: EventLogModel, store: Store): Promise<void> {
    await writeAndFail(store, async (tx) => {
      await tx.events.append([event(), event()]);
      await tx.events.prune({ before: Number.POSITIVE_INFINITY, keep: 0, atMost: 2 });
    });
  }
  toString = () => 'fail to append';
}

class Prune implements Command {
  readonly limits: readonly [number, number, number];
  constructor(limits: readonly [number, number, number]) {
    this.limits = limits;
  }
  check = () => true;
  async run(model: EventLogModel, store: Store): Promise<void> {
    const [before, keep, atMost] = this.limits;
    const removed = await store.write((tx) => tx.events.prune({ before, keep, atMost }));
    assert.equal(removed, model.prune(before, keep, atMost));
    assert.deepEqual(await store.events.range(), model.range());
  }
  toString = () => `prune ${this.limits}`;
}

class Page implements Command {
  readonly query: EventQuery;
  constructor(query: EventQuery) {
    this.query = query;
  }
  check = () => true;
  async run(model: EventLogModel, store: Store): Promise<void> {
    assert.deepEqual(await store.events.page(this.query), model.page(this.query));
    const inside = await store.write((tx) => tx.events.page(this.query));
    assert.deepEqual(inside, model.page(this.query));
  }
  toString = () => `page ${JSON.stringify(this.query)}`;
}

const TYPES: readonly EventType[] = ['step.finalized', 'step.deleted', 'lease.granted'];
const type = fc.constantFrom(...TYPES);
const draft = fc.record({ run: runName, type, time: fc.nat(20), subject: fc.string() }).map(event);
const commands = [
  fc.array(draft, { maxLength: 6 }).map((drafts) => new Append(drafts)),
  fc.constant(new FailToAppend()),
  fc.tuple(fc.nat(20), fc.nat(8), fc.nat(5)).map((limits) => new Prune(limits)),
  fc
    .record({
      after: fc.nat(20),
      limit: fc.integer({ min: 0, max: 8 }),
      runs: someRuns,
      types: fc.option(fc.array(type, { maxLength: 4 })),
    })
    .map((query) => new Page(query)),
];

export function eventLogModel(make: MakeStorage): void {
  test('the event log behaves as its model under any sequence of appends, failures, prunings and pages', async (t) => {
    const property = fc.asyncProperty(fc.commands(commands, { maxCommands: 30 }), async (sequence) => {
      const store = await (await make(t)).open();
      const setup = () => ({ model: new EventLogModel(), real: store });
      await fc.asyncModelRun(setup, sequence);
      await store.close();
    });
    await fc.assert(property, { numRuns: 60 });
  });
}
