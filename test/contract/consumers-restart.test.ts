import assert from 'node:assert/strict';
import test from 'node:test';
import { FakeClock } from '../support/fake-clock.js';
import { edit, exists, publishedName, snapshotEntries } from './support/aftermath.js';
import { asLease, Stage } from './support/stage.js';
import { Workers } from './support/workers.js';

const EVERY = { mode: 'every', start: 'earliest', max_pending: 100 };

test('all that was held or owed before a restart, and all that is there after it, is delivered in order', async (t) => {
  const stage = await Stage.set(t);
  const workers = await Workers.set(stage, { ...EVERY, max_pending: 2 });
  for (const step of [10, 20, 30]) await stage.save(step);
  await workers.held(10, 20);
  await stage.restart(async () => {
    await stage.trainer.delete(10);
    await stage.trainer.delete(20);
    for (const step of [60, 50, 40]) await stage.trainer.save(step);
  });

  assert.deepEqual(await workers.drain(), [10, 20, 30, 40, 50, 60]);
  const told = (await stage.events('types=step.finalized')).map(({ subject }) => Number(subject));
  assert.deepEqual(told, [10, 20, 30, 40, 50, 60], 'what one scan finds is told in the order of the steps');
});

test('hundreds of steps that came while the server was away are delivered in their order', async (t) => {
  const stage = await Stage.set(t);
  const workers = await Workers.set(stage, EVERY);
  await stage.restart(async () => {
    for (let step = 1; step <= 300; step += 1) await stage.trainer.save(step, { 'default/d': `${step}` });
  });

  const first = await workers.delivery({ timeout: 0 });

  assert.equal(first.step, 1);
  assert.deepEqual(
    (await workers.show()).pending,
    Array.from({ length: 299 }, (_, index) => index + 2),
  );
});

test('what was owed, not held, and deleted while the server was away is skipped with an event', async (t) => {
  const stage = await Stage.set(t);
  const workers = await Workers.set(stage, { ...EVERY, max_pending: 1 });
  for (const step of [10, 20]) await stage.save(step);
  await workers.held(10);
  await stage.restart(() => stage.trainer.delete(20));
  await stage.event('consumer.skipped', 'c');

  assert.deepEqual(await workers.drain(), [10]);
});

test('a delivery goes on after a restart: its lease is active, and ack settles it', async (t) => {
  const stage = await Stage.set(t);
  await stage.save(10);
  const workers = await Workers.set(stage, EVERY);
  const lease = await workers.delivery({ holder: 'eval-3' });
  await stage.restart();

  const { in_flight, pending } = await workers.show();
  assert.deepEqual(in_flight, [{ step: 10, number: lease.number, attempt: 1, holder: 'eval-3' }]);
  assert.deepEqual(pending, []);
  assert.equal((await workers.ack(lease, { result: { ok: 1 } })).status, 200);
  await stage.restart();

  assert.equal(await exists(lease.path), false);
  assert.deepEqual(
    (await workers.results()).map(({ step, result }) => [step, result]),
    [[10, { ok: 1 }]],
  );
  assert.equal((await workers.show()).last_acked_step, 10);
  assert.deepEqual(await workers.drain(), []);
});

test('attempts, delays, parked steps and the minimum interval survive a restart', async (t) => {
  const clock = new FakeClock();
  const stage = await Stage.set(t, { clock });
  for (const step of [10, 20, 30]) await stage.save(step);
  const workers = await Workers.set(stage, { ...EVERY, max_deliver: 2, min_interval: 1 });
  const deliver = async () => {
    clock.advance(1_000);
    return workers.delivery({ timeout: 0 });
  };
  for (let attempt = 1; attempt <= 2; attempt += 1) await workers.nack(await deliver());
  await workers.nack(await deliver(), { delay: 600 });
  await stage.restart();

  assert.equal(await workers.refusal(), 'timeout', 'a second has not passed');
  assert.deepEqual(
    (await workers.show()).parked.map(({ step, attempts }) => [step, attempts]),
    [[10, 2]],
  );
  assert.equal((await workers.ack(await deliver())).status, 200, '30 goes ahead of 20');
  clock.advance(500_000);
  assert.equal(await workers.refusal(), 'timeout');
  clock.advance(100_000);
  const last = await workers.delivery({ timeout: 0 });
  assert.deepEqual([last.step, last.delivery?.attempt], [20, 2]);
});

test('latest goes on beyond the last one yielded', async (t) => {
  const stage = await Stage.set(t);
  await stage.save(10);
  const workers = await Workers.set(stage, { mode: 'latest' });
  assert.deepEqual(await workers.drain(), [10]);
  await stage.restart();

  assert.equal(await workers.refusal(), 'timeout');
  await stage.save(20);
  assert.deepEqual(await workers.drain(), [20]);
});

test('a hold that was cut off in the middle is taken anew', async (t) => {
  const stage = await Stage.set(t);
  await stage.save(10);
  const workers = await Workers.set(stage, EVERY);
  await stage.restart(() => edit(stage, "update snapshots set state = 'building'"));

  const lease = await workers.delivery();

  assert.equal(lease.step, 10);
  assert.deepEqual(await snapshotEntries(stage), [publishedName(lease)]);
});

test('a consumer that was removed leaves no snapshot over a restart', async (t) => {
  const stage = await Stage.set(t);
  await stage.save(10);
  const workers = await Workers.set(stage, EVERY);
  await workers.held(10);
  await stage.restart(() => edit(stage, 'delete from consumers'));

  await stage.observed.next('snapshotRemoved');
  assert.deepEqual(await snapshotEntries(stage), []);
  assert.equal((await stage.run()).snapshots.count, 0);
});

test('/readyz is 200 after the holds that the first scan causes', async (t) => {
  const stage = await Stage.set(t);
  const workers = await Workers.set(stage, EVERY);
  await stage.restart(() => stage.trainer.save(10));
  while ((await stage.get('/readyz')).status !== 200);
  await stage.trainer.delete(10);

  assert.deepEqual(await workers.drain(), [10]);
});

test('what a consumer owes outlives the events that told of it', async (t) => {
  const clock = new FakeClock();
  const stage = await Stage.set(t, { clock, flags: { retain_events_count: 1 } });
  const workers = await Workers.set(stage, { ...EVERY, max_pending: 1 });
  for (const step of [10, 20]) await stage.save(step);
  await workers.held(10);
  await stage.pruned(clock, 'events');
  await stage.restart();

  assert.deepEqual(await workers.drain(), [10, 20]);
  await stage.save(30);
  assert.deepEqual(await workers.drain(), [30]);
});

test('an idempotency key gives the same delivery over a restart', async (t) => {
  const stage = await Stage.set(t);
  await stage.save(10);
  const workers = await Workers.set(stage, EVERY);
  const lease = await workers.delivery({}, 'k');
  await stage.restart();

  const retried = await workers.next({}, 'k');

  assert.deepEqual([retried.status, asLease(retried).id], [200, lease.id]);
});
