import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OwedStep } from '../../src/engine/consumers/consumer.js';
import type { Store } from '../../src/engine/store.js';
import { type MakeStorage, storeWithRun, writeAndFail } from './harness.js';
import { acknowledgement, consumer, owedDraft, run } from './sample-records.js';

async function storeWithConsumer(...args: Parameters<typeof storeWithRun>): Promise<Store> {
  const store = await storeWithRun(...args);
  await store.write((tx) => tx.consumers.insert(consumer()));
  return store;
}

/** Takes up steps of the consumer `c`. */
function owe(store: Store, ...steps: readonly number[]): Promise<readonly OwedStep[]> {
  return store.write((tx) => tx.consumers.owe('r', 'c', steps.map(owedDraft)));
}

export function consumerRules(make: MakeStorage): void {
  test('consumers come back as they were inserted, by run and name, also after reopening', async (t) => {
    const storage = await make(t);
    const store = await storage.open();
    const consumers = [
      consumer({ run: 'a', name: 'z', lastYielded: 2 ** 53 - 1, lastGrantedAt: 0.5 }),
      consumer({ name: 'b' }),
      consumer(),
    ];
    await store.write(async (tx) => {
      await tx.runs.put(run('r'));
      await tx.runs.put(run('a'));
      for (const each of consumers.toReversed()) await tx.consumers.insert(each);
    });
    await store.close();
    assert.deepEqual(await (await storage.open()).consumers.list(), consumers);
  });

  test('a consumer belongs to a run, and a name to one consumer of it', async (t) => {
    const store = await storeWithConsumer(make, t);
    await assert.rejects(store.write((tx) => tx.consumers.insert(consumer())));
    await assert.rejects(store.write((tx) => tx.consumers.insert(consumer({ run: 'unknown' }))));
    assert.deepEqual(await store.consumers.list(), [consumer()]);
  });

  test('a consumer is changed in the fields given alone', async (t) => {
    const store = await storeWithConsumer(make, t);
    const other = consumer({ name: 'd' });
    await store.write((tx) => tx.consumers.insert(other));
    const settings = { ...consumer().settings, maxPending: 500 };
    await store.write(async (tx) => {
      await tx.consumers.update('r', 'c', { settings, position: 7 });
      await tx.consumers.update('r', 'c', { lastYielded: 0, lastGrantedAt: 1.5 });
      await tx.consumers.update('r', 'c', {});
    });
    const changed = consumer({ settings, position: 7, lastYielded: 0, lastGrantedAt: 1.5 });
    assert.deepEqual(await store.consumers.list(), [changed, other]);
  });

  test('what is owed gets rising ordinals in the order given, each generation once', async (t) => {
    const store = await storeWithConsumer(make, t);
    const first = await owe(store, 3, 1);
    assert.deepEqual(
      first.map(({ ordinal, step, attempts, leaseNumber }) => [ordinal, step, attempts, leaseNumber]),
      [
        [1, 3, 0, null],
        [2, 1, 0, null],
      ],
    );
    assert.deepEqual(await owe(store, 1, 3), []);
    const [third] = await owe(store, 1, 2);
    assert.equal(third?.ordinal, 3);
    assert.deepEqual(await store.consumers.owed('r', 'c'), [...first, third]);
    assert.deepEqual(await store.consumers.owed('r', 'd'), []);
  });

  test('a consumer that is gone takes nothing up', async (t) => {
    const store = await storeWithConsumer(make, t);
    await store.write((tx) => tx.consumers.remove('r', 'c'));
    assert.deepEqual(await owe(store, 1, 2), []);
    assert.deepEqual(await store.consumers.owed('r', 'c'), []);
  });

  test('what is owed is changed by its ordinal, and found by that and by its lease', async (t) => {
    const store = await storeWithConsumer(make, t);
    const [owed, other] = await owe(store, 1, 2);
    assert.ok(owed !== undefined && other !== undefined);
    const change = { snapshotId: 5, leaseNumber: 9, attempts: 2, notBefore: 1.5, parkedAt: 2.5 };
    await store.write((tx) => tx.consumers.putOwed({ ...owed, ...change }));
    assert.deepEqual(await store.consumers.owed('r', 'c'), [{ ...owed, ...change }, other]);
    const found = await store.write(async (tx) => [
      await tx.consumers.findOwed('r', 'c', owed.ordinal),
      await tx.consumers.owedByLease(9),
      await tx.consumers.findOwed('r', 'c', 99),
      await tx.consumers.owedByLease(8),
    ]);
    assert.deepEqual(found, [{ ...owed, ...change }, { ...owed, ...change }, null, null]);
    const changed = await store.write(async (tx) => [
      await tx.consumers.putOwed(other),
      await tx.consumers.removeOwed(owed),
      await tx.consumers.removeOwed(owed),
      await tx.consumers.putOwed(owed),
    ]);
    assert.deepEqual(changed, [true, true, false, false]);
    assert.deepEqual(await store.consumers.owed('r', 'c'), [other], 'what was removed does not come back');
  });

  test('an ordinal is never given again', async (t) => {
    const store = await storeWithConsumer(make, t);
    const [owed] = await owe(store, 1);
    assert.ok(owed !== undefined);
    await store.write((tx) => tx.consumers.removeOwed(owed));
    assert.equal((await owe(store, 1))[0]?.ordinal, 2);
  });

  test('what was acknowledged is numbered, listed page by page, and not owed again', async (t) => {
    const store = await storeWithConsumer(make, t);
    const later = acknowledgement({ ordinal: 4, step: 4, generation: 'g4', result: null });
    const earlier = acknowledgement({ ordinal: 2, step: 2, generation: 'g2' });
    await store.write(async (tx) => {
      await tx.consumers.acknowledge(later);
      await tx.consumers.acknowledge(earlier);
    });
    const page = (after: number, limit: number) =>
      store.consumers.acknowledgements({ run: 'r', consumer: 'c', after, limit });
    assert.deepEqual(await page(0, 9), [
      { ...later, number: 1 },
      { ...earlier, number: 2 },
    ]);
    assert.deepEqual(await page(0, 1), [{ ...later, number: 1 }]);
    assert.deepEqual(await page(1, 9), [{ ...earlier, number: 2 }]);
    assert.deepEqual(
      (await owe(store, 2, 3, 4)).map(({ step }) => step),
      [3],
    );
  });

  test('the last acknowledgement before an ordinal is the one of the highest ordinal', async (t) => {
    const store = await storeWithConsumer(make, t);
    await store.write(async (tx) => {
      for (const ordinal of [5, 2, 3])
        await tx.consumers.acknowledge(acknowledgement({ ordinal, generation: `g${ordinal}` }));
    });
    const last = async (before: number) =>
      (await store.consumers.lastAcknowledged('r', 'c', before))?.ordinal ?? null;
    assert.deepEqual([await last(2), await last(3), await last(5), await last(99)], [null, 2, 3, 5]);
  });

  test('owed steps that refer to a snapshot are counted, in flight or not', async (t) => {
    const store = await storeWithConsumer(make, t);
    const [one, two, three] = await owe(store, 1, 2, 3);
    assert.ok(one !== undefined && two !== undefined && three !== undefined);
    const counts = await store.write(async (tx) => {
      await tx.consumers.putOwed({ ...one, snapshotId: 5 });
      await tx.consumers.putOwed({ ...two, snapshotId: 5, leaseNumber: 1 });
      await tx.consumers.putOwed({ ...three, snapshotId: 6 });
      return [await tx.consumers.countHolding(5), await tx.consumers.countHolding(7)];
    });
    assert.deepEqual(counts, [2, 0]);
  });

  test('a consumer removed takes what it owes and what was acknowledged with it', async (t) => {
    const store = await storeWithConsumer(make, t);
    await owe(store, 1);
    await store.write(async (tx) => {
      await tx.consumers.acknowledge(acknowledgement({ ordinal: 2, generation: 'g2' }));
      await tx.consumers.remove('r', 'c');
      await tx.consumers.insert(consumer());
    });
    assert.deepEqual(await store.consumers.owed('r', 'c'), []);
    assert.equal(await store.consumers.lastAcknowledged('r', 'c', 99), null);
    assert.equal((await owe(store, 2))[0]?.ordinal, 1);
  });

  test('a run removed takes its consumers with it', async (t) => {
    const store = await storeWithConsumer(make, t);
    await owe(store, 1);
    await store.write(async (tx) => {
      await tx.runs.put(run('other'));
      await tx.consumers.insert(consumer({ run: 'other' }));
      await tx.runs.remove('r');
    });
    assert.deepEqual(await store.consumers.list(), [consumer({ run: 'other' })]);
    assert.deepEqual(await store.consumers.owed('r', 'c'), []);
  });

  test('what a work that fails took up is not owed, and its ordinals are free', async (t) => {
    const store = await storeWithConsumer(make, t);
    await writeAndFail(store, (tx) => tx.consumers.owe('r', 'c', [owedDraft(1)]));
    assert.deepEqual(await store.consumers.owed('r', 'c'), []);
    assert.equal((await owe(store, 2))[0]?.ordinal, 1);
  });
}
