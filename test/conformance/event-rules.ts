import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RunGlobs } from '../../src/engine/access/run-globs.js';
import { EVENT_TYPES } from '../../src/engine/events/event.js';
import { type MakeStorage, storeWithRun, writeAndFail } from './harness.js';
import { event, eventOf } from './sample-records.js';

const ALL = { after: 0, limit: 100, runs: RunGlobs.everything, types: null };

export function eventRules(make: MakeStorage): void {
  test('before the first event the range is 1 to 0 and a page is empty', async (t) => {
    const store = await (await make(t)).open();
    assert.deepEqual(await store.events.range(), { oldest: 1, newest: 0 });
    assert.deepEqual(await store.events.page(ALL), { events: [], through: 0, more: false });
  });

  test('events get the next positions in order and come back as they were appended', async (t) => {
    const store = await (await make(t)).open();
    const drafts = EVENT_TYPES.map((type, index) =>
      event({ type, subject: `lease ${index}`, time: 1000 - index, data: { type, list: [1, null] } }),
    );
    const appended = await store.write((tx) => tx.events.append(drafts));
    assert.deepEqual(
      appended,
      drafts.map((draft, index) => ({ ...draft, sequence: index + 1 })),
    );
    assert.deepEqual((await store.events.page(ALL)).events, appended);
    assert.deepEqual(await store.write((tx) => tx.events.append([])), []);
  });

  test('a work that fails burns no position', async (t) => {
    const store = await (await make(t)).open();
    const appending = (subject: string) => store.write((tx) => tx.events.append([event({ subject })]));
    const before = appending('a');
    const failing = writeAndFail(store, (tx) => tx.events.append([event(), event()]));
    const after = appending('b');
    await Promise.all([before, failing, after]);
    const { events } = await store.events.page(ALL);
    assert.deepEqual(
      events.map((each) => [each.sequence, each.subject]),
      [
        [1, 'a'],
        [2, 'b'],
      ],
    );
  });

  test('positions go on after everything was pruned, and after the store was opened again', async (t) => {
    const storage = await make(t);
    const store = await storage.open();
    await store.write((tx) => tx.events.append([event(), event(), event()]));
    assert.equal(await store.write((tx) => tx.events.prune({ before: 0, keep: 0, atMost: 100 })), 3);
    assert.deepEqual(await store.events.range(), { oldest: 4, newest: 3 });
    await store.close();
    const again = await storage.open();
    assert.deepEqual(await again.events.range(), { oldest: 4, newest: 3 });
    const [next] = await again.write((tx) => tx.events.append([event()]));
    assert.equal(next?.sequence, 4);
    assert.deepEqual(await again.events.range(), { oldest: 4, newest: 4 });
  });

  test('a page that is full ends at its last event and says whether more match', async (t) => {
    const store = await (await make(t)).open();
    await store.write((tx) => tx.events.append([event(), event(), event()]));
    const two = await store.events.page({ ...ALL, limit: 2 });
    assert.deepEqual([two.events.length, two.through, two.more], [2, 2, true]);
    const three = await store.events.page({ ...ALL, limit: 3 });
    assert.deepEqual([three.events.length, three.through, three.more], [3, 3, false]);
    const rest = await store.events.page({ ...ALL, limit: 2, after: 2 });
    assert.deepEqual([rest.events.map((each) => each.sequence), rest.more], [[3], false]);
  });

  test('`more` counts only events that match, and `through` passes over those that do not', async (t) => {
    const store = await (await make(t)).open();
    await store.write((tx) =>
      tx.events.append([
        eventOf('step.finalized'),
        eventOf('step.deleted'),
        eventOf('step.deleted', 'other'),
        eventOf('lease.granted'),
      ]),
    );
    const finalized = await store.events.page({ ...ALL, limit: 1, types: ['step.finalized'] });
    assert.deepEqual([finalized.events.length, finalized.through, finalized.more], [1, 4, false]);
    const none = await store.events.page({
      ...ALL,
      runs: RunGlobs.only('r'),
      types: ['run.finished', 'run.removed'],
    });
    assert.deepEqual(none, { events: [], through: 4, more: false });
    const other = await store.events.page({ ...ALL, runs: RunGlobs.only('other') });
    assert.deepEqual([other.events.map((each) => each.sequence), other.through], [[3], 4]);
    assert.deepEqual(await store.events.page({ ...ALL, types: [] }), none);
  });

  test('types named twice or in another order change nothing', async (t) => {
    const store = await (await make(t)).open();
    await store.write((tx) =>
      tx.events.append([eventOf('step.finalized'), eventOf('step.deleted'), eventOf('step.finalized')]),
    );
    const page = await store.events.page({
      ...ALL,
      types: ['step.deleted', 'step.finalized', 'step.deleted'],
    });
    assert.deepEqual(
      page.events.map((each) => each.sequence),
      [1, 2, 3],
    );
  });

  test('a position ahead of the log is answered with itself', async (t) => {
    const store = await storeWithRun(make, t);
    assert.deepEqual(await store.events.page({ ...ALL, after: 7 }), { events: [], through: 7, more: false });
  });

  test('pruning removes the oldest: by time, by count, and never more than asked', async (t) => {
    const store = await (await make(t)).open();
    const times = [1, 2, 3, 4, 5, 6];
    await store.write((tx) => tx.events.append(times.map((time) => event({ time }))));
    const prune = (before: number, keep: number, atMost: number) =>
      store.write((tx) => tx.events.prune({ before, keep, atMost }));
    assert.equal(await prune(1, 6, 100), 0);
    assert.equal(await prune(3, 100, 1), 1);
    assert.equal(await prune(3, 100, 100), 1, 'an event of exactly that time stays');
    assert.deepEqual(await store.events.range(), { oldest: 3, newest: 6 });
    assert.equal(await prune(0, 1, 2), 2);
    assert.equal(await prune(0, 1, 2), 1);
    assert.deepEqual(await store.events.range(), { oldest: 6, newest: 6 });
    assert.equal(await prune(0, 5, 0), 0);
  });

  test('pruning by time leaves no hole when the wall clock went back', async (t) => {
    const store = await (await make(t)).open();
    const times = [1, 9, 2, 10];
    await store.write((tx) => tx.events.append(times.map((time) => event({ time }))));
    await store.write((tx) => tx.events.prune({ before: 5, keep: 100, atMost: 100 }));
    const { events } = await store.events.page(ALL);
    assert.deepEqual(
      events.map((each) => each.sequence),
      [2, 3, 4],
    );
  });
}
