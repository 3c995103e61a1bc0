import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RunGlobs } from '../../src/engine/access/run-globs.js';
import { type MakeStorage, storeWithRun } from './harness.js';
import { event, grantKey, lease, run, step, wait } from './sample-records.js';

export function runAndStepRules(make: MakeStorage): void {
  test('runs come back as they were put, by name', async (t) => {
    const store = await (await make(t)).open();
    const finished = run('a-1', { finishedAt: 5, finishReason: 'the trainer said so', unavailableSince: 4 });
    await store.write(async (tx) => {
      await tx.runs.put(run('b'));
      await tx.runs.put(finished);
      await tx.runs.put(run('a.0'));
    });
    assert.deepEqual(await store.runs.list(), [finished, run('a.0'), run('b')]);
  });

  test('a run put again is replaced and keeps its steps and grant keys', async (t) => {
    const store = await storeWithRun(make, t);
    await store.write(async (tx) => {
      await tx.steps.put('r', [step('1')]);
      await tx.keys.insert(grantKey((await tx.leases.insert(lease())).number));
    });
    const changed = run('r', { directory: '/elsewhere' });
    await store.write((tx) => tx.runs.put(changed));
    assert.deepEqual(await store.runs.list(), [changed]);
    assert.deepEqual(await store.steps.list('r'), [step('1')]);
    assert.notEqual(await store.keys.find('r', 'anyone', 'k1'), null);
  });

  test('a run removed takes its steps and grant keys with it; events, waits and leases stay', async (t) => {
    const store = await storeWithRun(make, t);
    const held = await store.write(async (tx) => {
      await tx.runs.put(run('other'));
      await tx.steps.put('r', [step('1')]);
      await tx.steps.put('other', [step('2')]);
      await tx.events.append([event()]);
      await tx.waits.append([wait()]);
      const inserted = await tx.leases.insert(lease());
      await tx.keys.insert(grantKey(inserted.number));
      await tx.keys.insert(grantKey(inserted.number, { run: 'other' }));
      return inserted;
    });
    assert.equal(await store.write((tx) => tx.runs.remove('r')), true);
    assert.deepEqual(await store.runs.list(), [run('other')]);
    assert.deepEqual(await store.steps.list('r'), []);
    assert.equal(await store.keys.find('r', 'anyone', 'k1'), null);
    assert.deepEqual(await store.steps.list('other'), [step('2')]);
    assert.notEqual(await store.keys.find('other', 'anyone', 'k1'), null);
    assert.equal(
      (await store.events.page({ after: 0, limit: 9, runs: RunGlobs.only('r'), types: null })).events.length,
      1,
    );
    assert.equal((await store.waits.summary(RunGlobs.only('r'))).count, 1);
    assert.deepEqual(await store.leases.byNumber(held.number), held);
  });

  test('removing a run that is not there does nothing', async (t) => {
    const store = await storeWithRun(make, t);
    assert.equal(await store.write((tx) => tx.runs.remove('never')), false);
    assert.deepEqual(await store.runs.list(), [run('r')]);
  });

  test('steps come back as they were put, absent values as null', async (t) => {
    const store = await storeWithRun(make, t);
    const bare = step('not a step', {
      step: null,
      state: 'foreign',
      generation: null,
      committedAt: null,
      items: null,
      metrics: null,
      sizeBytes: null,
      fileCount: null,
      inventoryDigest: null,
    });
    const odd = step('9007199254740991', {
      items: [],
      customMetadata: { nested: [{ deep: [null, true, 'ünïcode \u0000 \u2028'] }] },
      metrics: { ['__proto__']: 1, 'a"b': -0.1 },
    });
    await store.write((tx) => tx.steps.put('r', [bare, odd, step('0')]));
    const byName = new Map((await store.steps.list('r')).map((each) => [each.name, each]));
    assert.equal(byName.size, 3);
    for (const each of [bare, odd, step('0')]) {
      assert.deepEqual(byName.get(each.name), each);
    }
  });

  test('a step put again is replaced in that run alone; of one name twice in a call the last stays', async (t) => {
    const store = await storeWithRun(make, t);
    const second = step('1', { generation: 'second' });
    await store.write(async (tx) => {
      await tx.runs.put(run('other'));
      await tx.steps.put('r', [step('1')]);
      await tx.steps.put('other', [step('1')]);
    });
    await store.write((tx) => tx.steps.put('r', [step('1', { generation: 'between' }), second]));
    assert.deepEqual(await store.steps.list('r'), [second]);
    assert.deepEqual(await store.steps.list('other'), [step('1')]);
  });

  test('steps are removed by name, in their run alone; unknown names do nothing', async (t) => {
    const store = await storeWithRun(make, t);
    await store.write(async (tx) => {
      await tx.runs.put(run('other'));
      await tx.steps.put('r', [step('1'), step('2'), step('3')]);
      await tx.steps.put('other', [step('1')]);
      assert.deepEqual(await tx.steps.remove('r', ['1', '3', 'never']), ['1', '3']);
      assert.deepEqual(await tx.steps.remove('r', []), []);
    });
    assert.deepEqual(await store.steps.list('r'), [step('2')]);
    assert.deepEqual(await store.steps.list('other'), [step('1')]);
  });

  test('steps and grant keys of a run that is not registered are refused: they would come back with its name', async (t) => {
    const store = await storeWithRun(make, t);
    await assert.rejects(store.write((tx) => tx.steps.put('gone', [step('1')])));
    await assert.rejects(
      store.write(async (tx) => {
        const { number } = await tx.leases.insert(lease());
        await tx.keys.insert(grantKey(number, { run: 'gone' }));
      }),
    );
    assert.deepEqual(await store.steps.list('gone'), []);
  });
}
