import assert from 'node:assert/strict';
import test from 'node:test';
import { FakeClock } from '../../support/fake-clock.js';
import { code, EngineStage } from '../support/engine-stage.js';

test('a lease is active until it is released, and then ended for good', async (t) => {
  const stage = await EngineStage.set(t);
  await stage.save(1);
  const lease = await stage.lease({ step: 1 });
  assert.deepEqual([lease.state, lease.number, lease.step], ['active', 1, 1]);

  await stage.view.leases.release(lease.id);

  assert.equal((await stage.view.leases.get(lease.id)).state, 'released');
  await assert.rejects(stage.view.leases.renew(lease.id, null), code('lease_released'));
  await stage.view.leases.release(lease.id);
});

test('a lease that is not renewed expires with its TTL, a renewed one lives on', async (t) => {
  const clock = new FakeClock();
  const stage = await EngineStage.set(t, {}, clock);
  await stage.trainer.save(1);
  const [renewed, left] = [
    await stage.lease({ step: 1, ttlMs: 10_000 }),
    await stage.lease({ step: 1, ttlMs: 10_000 }),
  ];
  clock.advance(9_000);
  await stage.view.leases.renew(renewed.id, null);

  clock.advance(2_000);

  await stage.observed.next('leaseEnded', ({ number }) => number === left.number);
  assert.equal((await stage.view.leases.get(left.id)).state, 'expired');
  assert.equal((await stage.view.leases.get(renewed.id)).state, 'active');
});

test('a broken lease says why, and its number breaks nothing else', async (t) => {
  const stage = await EngineStage.set(t);
  await stage.save(1);
  const [broken, other] = [await stage.lease({ step: 1 }), await stage.lease({ step: 1 })];

  await stage.view.leases.breakLease(broken.number, 'maintenance');

  await assert.rejects(stage.view.leases.renew(broken.id, null), /maintenance/);
  assert.equal((await stage.view.leases.get(other.id)).state, 'active');
});

test('after a restart a lease is active again, with its whole TTL and the same path', async (t) => {
  const stage = await EngineStage.set(t);
  await stage.save(1);
  const lease = await stage.lease({ step: 1 });

  await stage.restart();

  const found = await stage.view.leases.get(lease.id);
  assert.deepEqual([found.state, found.path], ['active', lease.path]);
});
