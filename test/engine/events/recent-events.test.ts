import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { RunGlobs } from '../../../src/engine/access/run-globs.js';
import { EVENT_TYPES, type EventDraft, type StoredEvent } from '../../../src/engine/events/event.js';
import { RecentEvents } from '../../../src/engine/events/recent-events.js';
import { observedStore } from '../../adapters/sqlite/observed-store.js';

const types = ['step.finalized', 'step.deleted'] as const;
const drafts: fc.Arbitrary<EventDraft> = fc.record({
  run: fc.constantFrom('a', 'b'),
  type: fc.constantFrom(...types),
  subject: fc.constant('1'),
  time: fc.constant(0),
  data: fc.constant({}),
});
const queries = fc.record({
  after: fc.integer({ min: 0, max: 40 }),
  limit: fc.integer({ min: 1, max: 5 }),
  runs: fc
    .constantFrom(['*'], ['a'], ['b'], ['c'], ['?'], ['a', 'b*'], [])
    .map((patterns) => new RunGlobs(patterns)),
  types: fc.constantFrom(null, [types[0]], [types[1]], types),
});

function numbered(count: number, first = 1): readonly StoredEvent[] {
  return Array.from({ length: count }, (_, index) => ({
    run: 'a',
    type: EVENT_TYPES[0],
    subject: '1',
    time: 0,
    data: {},
    sequence: first + index,
  }));
}

describe('recent events', () => {
  it('answer every query as the store does, or not at all', async (t) => {
    const { store } = await observedStore(t);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(drafts, { minLength: 1, maxLength: 4 })),
        fc.array(queries),
        async (groups, asked) => {
          const { newest } = await store.events.range();
          const recent = new RecentEvents(newest);
          for (const group of groups) recent.append(await store.write((tx) => tx.events.append(group)));
          for (const query of asked) {
            const shifted = { ...query, after: query.after + Math.max(0, newest - 10) };
            const page = recent.page(shifted);
            if (page === null) assert.ok(shifted.after < newest, 'what is in memory is answered');
            else assert.deepEqual(page, await store.events.page(shifted));
          }
        },
      ),
      { numRuns: 50 },
    );
  });

  it('answer from where they begin, and leave what is older to the store', () => {
    const recent = new RecentEvents(100);
    const query = { limit: 10, runs: RunGlobs.everything, types: null };
    assert.equal(recent.page({ ...query, after: 99 }), null);
    assert.deepEqual(recent.page({ ...query, after: 100 }), { events: [], through: 100, more: false });
    recent.append(numbered(2, 101));
    assert.deepEqual(
      recent.page({ ...query, after: 100 })?.events.map(({ sequence }) => sequence),
      [101, 102],
    );
    assert.equal(recent.page({ ...query, after: 99 }), null);
  });

  it('keep the newest thousands in bounded memory', () => {
    const recent = new RecentEvents(0);
    for (let first = 1; first <= 10_000; first += 100) recent.append(numbered(100, first));
    const query = { limit: 100_000, runs: RunGlobs.everything, types: null };
    assert.equal(recent.page({ ...query, after: 10_000 - 2_048 })?.events.length, 2_048);
    assert.equal(recent.page({ ...query, after: 0 }), null);
  });
});
