import assert from 'node:assert/strict';
import test from 'node:test';
import { exists } from './support/aftermath.js';
import { Stage } from './support/stage.js';
import { filesUnder, SMALL } from './support/trainer.js';
import { Workers } from './support/workers.js';

const ALL = { mode: 'every', start: 'earliest', max_pending: 100 };

test('every yields each finalized step in order, none missed, although the trainer deletes them', async (t) => {
  const stage = await Stage.set(t);
  const workers = await Workers.set(stage, ALL);
  for (const step of [10, 20, 30]) {
    await stage.save(step);
    await workers.held(step);
    await stage.trainer.delete(step);
  }

  const lease = await workers.delivery();
  assert.equal(lease.step, 10);
  const { _CHECKPOINT_METADATA, ...contents } = (await filesUnder(lease.path)) ?? {};
  assert.deepEqual(contents, SMALL);
  assert.equal((await workers.ack(lease)).status, 200);
  assert.deepEqual(await workers.drain(), [20, 30]);
});

test('a snapshot is held from the moment the step is finalized until it is acknowledged', async (t) => {
  const stage = await Stage.set(t);
  const workers = await Workers.set(stage, ALL);
  await stage.save(10);
  await workers.held(10);
  assert.equal((await stage.run()).snapshots.count, 1);

  const lease = await workers.delivery();
  await stage.trainer.delete(10);
  assert.equal((await workers.ack(lease)).status, 200);

  assert.equal(await exists(lease.path), false, 'when ack answers the path is gone');
  assert.equal((await stage.run()).snapshots.count, 0);
});

test('a step saved again is another generation, and yielded again', async (t) => {
  const stage = await Stage.set(t);
  const workers = await Workers.set(stage, ALL);
  await stage.save(10);
  await workers.held(10);
  await stage.trainer.replace(10, { 'default/d': 'other weights' });
  await stage.scanned();
  await stage.observed.next('stepHeld', ({ step }) => step === 10);

  const first = await workers.delivery();
  assert.equal((await workers.ack(first)).status, 200);
  const second = await workers.delivery();
  assert.deepEqual([first.step, second.step], [10, 10]);
  assert.notEqual(first.generation, second.generation);
  assert.equal((await filesUnder(second.path))?.['default/d'], 'other weights');
});

test('max_pending bounds the snapshots held, not the steps owed: unheld ones are held as room comes', async (t) => {
  const stage = await Stage.set(t);
  const workers = await Workers.set(stage, { mode: 'every', start: 'earliest', max_pending: 2 });
  for (const step of [10, 20, 30]) await stage.save(step);
  await workers.held(10, 20);
  assert.deepEqual((await workers.show()).pending, [10, 20, 30]);
  assert.equal((await stage.run()).snapshots.count, 2);

  assert.equal((await workers.ack(await workers.delivery())).status, 200);
  await workers.held(30);
  await stage.trainer.delete(30);

  assert.deepEqual(await workers.drain(), [20, 30]);
});

test('only when the trainer deletes an unheld step is it skipped, with an event and its reason', async (t) => {
  const stage = await Stage.set(t);
  const workers = await Workers.set(stage, { mode: 'every', start: 'earliest', max_pending: 1 });
  for (const step of [10, 20, 30]) await stage.save(step);
  await workers.held(10);
  const { generation } = (await stage.get('/steps/20?run=r')).body;

  await stage.trainer.delete(20);
  await stage.trainer.delete(10);
  await stage.event('consumer.skipped', 'c');

  const [skipped, ...others] = await stage.events('types=consumer.skipped');
  assert.deepEqual(others, []);
  const { run, consumer, step, generation: gone, reason } = skipped?.data ?? {};
  assert.deepEqual([run, consumer, step, gone, reason], ['r', 'c', 20, generation, 'deleted']);
  assert.deepEqual(await workers.drain(), [10, 30]);
});

test('more workers than max_pending get steps that are still there', async (t) => {
  const stage = await Stage.set(t);
  const settings = { mode: 'every', start: 'earliest', max_pending: 1, max_in_flight: 4 };
  for (const step of [10, 20, 30, 40]) await stage.save(step);
  const workers = await Workers.set(stage, settings);

  const leases = await Promise.all(Array.from({ length: 4 }, () => workers.delivery()));

  assert.deepEqual(leases.map(({ step }) => step).sort(), [10, 20, 30, 40]);
});

test('every_k keeps multiples of k', async (t) => {
  const stage = await Stage.set(t);
  for (const step of [0, 5, 10]) await stage.save(step);
  const workers = await Workers.set(stage, { ...ALL, every_k: 10 });
  for (const step of [15, 20]) await stage.save(step);

  assert.deepEqual(await workers.drain(), [0, 10, 20]);
});

const STARTS = [
  [undefined, [20, 30, 40]],
  ['latest', [20, 30, 40]],
  ['earliest', [10, 15, 20, 30, 40]],
  ['next', [30, 40]],
  [15, [15, 20, 30, 40]],
  [35, [40]],
] as const;

for (const [start, yields] of STARTS) {
  test(`start ${start}: of 10, 15, 20 that are there and 30, 40 that come it yields ${yields}`, async (t) => {
    const stage = await Stage.set(t);
    for (const step of [20, 10, 15]) await stage.save(step);
    const workers = await Workers.set(stage, { mode: 'every', ...(start === undefined ? {} : { start }) });
    for (const step of [30, 40]) await stage.save(step);

    assert.deepEqual(await workers.drain(), yields);
  });
}

test('earliest takes up thousands of steps in their order, looked at or not', async (t) => {
  const stage = await Stage.set(t);
  await stage.stop();
  for (let step = 1; step <= 700; step += 1) await stage.trainer.save(step, { 'default/d': `${step}` });
  await stage.start();
  const workers = await Workers.set(stage, ALL);

  assert.deepEqual(
    (await workers.show()).pending,
    Array.from({ length: 700 }, (_, index) => index + 1),
  );
});
