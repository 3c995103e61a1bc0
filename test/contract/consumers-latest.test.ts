import assert from 'node:assert/strict';
import test from 'node:test';
import { exists } from './support/aftermath.js';
import { Interference } from './support/interference.js';
import { Stage } from './support/stage.js';
import { Workers } from './support/workers.js';

const LATEST = { mode: 'latest' };

test('latest yields the newest step beyond the last one yielded; steps in between are skipped', async (t) => {
  const stage = await Stage.set(t);
  for (const step of [10, 20]) await stage.save(step);
  const workers = await Workers.set(stage, LATEST);
  const first = await workers.delivery();
  assert.equal((await workers.ack(first)).status, 200);
  for (const step of [30, 40]) await stage.save(step);
  const second = await workers.delivery();
  assert.equal((await workers.ack(second)).status, 200);

  assert.deepEqual([first.step, second.step], [20, 40]);
  assert.equal(await workers.refusal(), 'timeout');
  assert.deepEqual(await stage.history('types=consumer.skipped'), []);
});

test('latest holds nothing that nobody reads', async (t) => {
  const stage = await Stage.set(t);
  await stage.save(10);
  const workers = await Workers.set(stage, LATEST);
  assert.deepEqual((await workers.show()).pending, [10]);
  assert.equal((await stage.run()).snapshots.count, 0);
});

test('a step that is saved again is not beyond the last one yielded', async (t) => {
  const stage = await Stage.set(t);
  await stage.save(10);
  const workers = await Workers.set(stage, LATEST);
  assert.equal((await workers.ack(await workers.delivery())).status, 200);

  await stage.trainer.replace(10);
  await stage.scanned();

  assert.equal(await workers.refusal(), 'timeout');
});

test('nack offers the step again if nothing newer exists, also when the trainer has deleted it', async (t) => {
  const stage = await Stage.set(t);
  await stage.save(10);
  const workers = await Workers.set(stage, LATEST);
  const first = await workers.delivery();
  await stage.trainer.delete(10);
  assert.equal((await workers.nack(first)).status, 200);

  const again = await workers.delivery();

  assert.deepEqual([again.step, again.delivery], [10, { consumer: 'c', attempt: 2 }]);
});

test('what was handed back is superseded by something newer, and its snapshot goes', async (t) => {
  const stage = await Stage.set(t);
  await stage.save(10);
  const workers = await Workers.set(stage, LATEST);
  const first = await workers.delivery();
  assert.equal((await workers.nack(first)).status, 200);
  await stage.save(20);

  const newer = await workers.delivery();
  assert.equal(newer.step, 20);
  assert.equal((await workers.ack(newer)).status, 200);

  assert.equal(await workers.refusal(), 'timeout');
  await stage.event('snapshot.deleted', '10');
  assert.equal(await exists(first.path), false);
});

test('two workers of a latest consumer get different steps', async (t) => {
  const stage = await Stage.set(t);
  await stage.save(10);
  const workers = await Workers.set(stage, { ...LATEST, max_in_flight: 2 });
  const both = [workers.delivery({ timeout: 20 }), workers.delivery({ timeout: 20 })];
  await stage.event('lease.granted');
  await stage.save(20);

  const steps = (await Promise.all(both)).map(({ step }) => step);

  assert.deepEqual(steps.sort(), [10, 20]);
});

test('a step whose snapshot took so long that another worker got a newer one is superseded', async (t) => {
  const interference = new Interference();
  const stage = await Stage.set(t, { around: interference.around });
  await stage.save(10);
  const workers = await Workers.set(stage, { ...LATEST, max_in_flight: 2 });
  const newer: number[] = [];
  interference.next('build', async (proceed) => {
    await stage.save(20);
    newer.push((await workers.delivery()).step);
    return proceed();
  });

  assert.equal(await workers.refusal({ timeout: 1 }), 'timeout');

  assert.deepEqual(newer, [20]);
  await stage.event('snapshot.deleted', '10');
  assert.deepEqual((await workers.show()).pending, []);
});

const STARTS = [
  ['latest', 20],
  ['earliest', 20],
  ['next', null],
  [20, 20],
  [21, null],
] as const;

for (const [start, first] of STARTS) {
  test(`start ${start}: of 10 and 20 that are there it yields ${first ?? 'none'}, then what is newer`, async (t) => {
    const stage = await Stage.set(t);
    for (const step of [10, 20]) await stage.save(step);
    const workers = await Workers.set(stage, { ...LATEST, start });

    assert.deepEqual(await workers.drain(), first === null ? [] : [first]);
    await stage.save(30);
    assert.deepEqual(await workers.drain(), [30]);
  });
}

test('every_k keeps multiples of k', async (t) => {
  const stage = await Stage.set(t);
  for (const step of [10, 15]) await stage.save(step);
  const workers = await Workers.set(stage, { ...LATEST, every_k: 10 });

  assert.deepEqual(await workers.drain(), [10]);
});
