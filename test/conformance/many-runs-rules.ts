import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RunGlobs } from '../../src/engine/access/run-globs.js';
import { EVENT_TYPES } from '../../src/engine/events/event.js';
import type { Store } from '../../src/engine/store.js';
import type { MakeStorage } from './harness.js';
import { event, lease, wait } from './sample-records.js';

const TEAM = new RunGlobs(['team-*', 'gone']);
/** More than any one statement of a store is likely to take. */
const RUNS = Array.from({ length: 300 }, (_, index) => `${index % 3 === 0 ? 'other' : 'team'}-${index}`);

/** Each run has one record in each table, in an order that is not that of the names; then the first ten have nine more. */
function scattered<T>(record: (run: string, index: number) => T): readonly T[] {
  const late = Array.from({ length: 9 }, () => RUNS.slice(0, 10)).flat();
  return [...RUNS.map((_, index) => RUNS[(index * 7) % RUNS.length] ?? ''), ...late].map(record);
}

export function manyRunsRules(make: MakeStorage): void {
  test('events of hundreds of runs come in order, page by page, and no other run is among them', async (t) => {
    const store = await (await make(t)).open();
    const type = (index: number) => EVENT_TYPES[index % 5] ?? EVENT_TYPES[0];
    const drafts = scattered((run, index) => event({ run, type: type(index) }));
    const all = await store.write((tx) => tx.events.append(drafts));
    for (const types of [null, EVENT_TYPES.slice(0, 2), EVENT_TYPES]) {
      const wanted = all.filter(
        (each) => TEAM.sees(each.run) && (types === null || types.includes(each.type)),
      );
      for (const limit of [7, 1_000]) {
        const found: unknown[] = [];
        for (let after = 0, more = true; more; ) {
          const page = await store.events.page({ after, limit, runs: TEAM, types });
          found.push(...page.events);
          ({ through: after, more } = page);
        }
        assert.deepEqual(found, wanted);
      }
    }
  });

  test('leases of hundreds of runs come by number', async (t) => {
    const store = await (await make(t)).open();
    const states = ['active', 'released', 'pending', 'lost'] as const;
    const all = await store.write(async (tx) => {
      const inserted = [];
      for (const draft of scattered((run, index) => lease({ run, state: states[index % 4] ?? 'active' })))
        inserted.push(await tx.leases.insert(draft));
      return inserted;
    });
    for (const state of [null, 'active'] as const) {
      const wanted = all.filter((each) => {
        return TEAM.sees(each.run) && (state === null ? each.state !== 'pending' : each.state === state);
      });
      const query = { runs: TEAM, state, step: null };
      assert.deepEqual(await store.leases.list({ ...query, after: 0, limit: 1_000 }), wanted);
      const [, second, ...others] = wanted;
      const after = second?.number ?? 0;
      assert.deepEqual(await store.leases.list({ ...query, after, limit: 9 }), others.slice(0, 9));
    }
  });

  test('waits of hundreds of runs come from the newest on, and are counted alone', async (t) => {
    const store = await (await make(t)).open();
    const all = scattered((run, index) => wait({ run, durationMs: (index * 31) % 1_009 }));
    await store.write((tx) => tx.waits.append(all));
    const wanted = all.filter(({ run }) => TEAM.sees(run)).toReversed();
    const first = await store.waits.page({ runs: TEAM, before: null, limit: 11 });
    assert.deepEqual(first.waits, wanted.slice(0, 11));
    const rest = await store.waits.page({ runs: TEAM, before: first.next, limit: 1_000 });
    assert.deepEqual(rest, { waits: wanted.slice(11), next: null });
    const { count, max } = await store.waits.summary(TEAM);
    const longest = Math.max(...wanted.map(({ durationMs }) => durationMs));
    assert.deepEqual({ count, max }, { count: wanted.length, max: longest });
  });

  test('who sees no run gets nothing, and positions go on all the same', async (t) => {
    const store = await (await make(t)).open();
    await fill(store);
    for (const runs of [RunGlobs.nothing, new RunGlobs(['x*']), RunGlobs.only('x')]) {
      const page = await store.events.page({ after: 0, limit: 9, runs, types: null });
      assert.deepEqual(page, { events: [], through: 2, more: false });
      assert.deepEqual(await store.leases.list({ runs, state: null, step: null, after: 0, limit: 9 }), []);
      assert.deepEqual(await store.waits.page({ runs, before: null, limit: 9 }), { waits: [], next: null });
      assert.equal((await store.waits.summary(runs)).count, 0);
    }
  });
}

async function fill(store: Store): Promise<void> {
  await store.write(async (tx) => {
    await tx.events.append([event(), event({ run: 's' })]);
    await tx.leases.insert(lease());
    await tx.waits.append([wait()]);
  });
}
