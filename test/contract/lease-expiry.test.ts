import assert from 'node:assert/strict';
import test from 'node:test';
import type { LeaseDocument } from '../../src/engine/documents.js';
import { FakeClock } from '../support/fake-clock.js';
import { Interference } from './support/interference.js';
import { problem, Stage } from './support/stage.js';
import { filesUnder } from './support/trainer.js';

async function leased(
  t: { after(callback: () => Promise<void>): void },
  body: Readonly<Record<string, unknown>> = {},
  options: Omit<Parameters<typeof Stage.set>[1] & object, 'clock'> = {},
): Promise<{ clock: FakeClock; stage: Stage; lease: LeaseDocument }> {
  const clock = new FakeClock();
  const stage = await Stage.set(t, { ...options, clock });
  await stage.save(100);
  return { clock, stage, lease: await stage.lease({ step: 100, ...body }) };
}

test('a lease lasts its whole TTL, and ends within a second after it', async (t) => {
  const { clock, stage, lease } = await leased(t, { ttl: 60 });

  clock.advance(60_000);
  assert.equal((await stage.show(lease)).state, 'active');

  clock.advance(1_000);
  await stage.event('lease.expired', '1');
  assert.equal((await stage.show(lease)).state, 'expired');
  problem(await stage.renew(lease), 410, 'lease_expired');
  await stage.observed.next('snapshotRemoved');
  assert.equal(await filesUnder(lease.path), null);
});

test('ttl_remaining counts down on the monotonic clock', async (t) => {
  const { clock, stage, lease } = await leased(t, { ttl: 60 });

  clock.advance(12_500);
  clock.setWall(0);

  assert.equal((await stage.show(lease)).ttl_remaining, 47.5);
});

test('a renewal counts the TTL from now', async (t) => {
  const { clock, stage, lease } = await leased(t, { ttl: 60 });
  for (let round = 0; round < 3; round += 1) {
    clock.advance(59_000);
    const { status, body } = await stage.renew(lease);
    assert.equal(status, 200);
    assert.equal(body['ttl_remaining'], 60);
  }

  clock.advance(60_000);
  assert.equal((await stage.show(lease)).state, 'active');
  clock.advance(1_000);
  await stage.event('lease.expired');
});

test('a renewal may change the TTL, longer or shorter, for this renewal and the following ones', async (t) => {
  const { clock, stage, lease } = await leased(t, { ttl: 60 });
  assert.equal((await stage.renew(lease, { ttl: 600 })).body['ttl'], 600);
  clock.advance(599_000);
  assert.equal((await stage.renew(lease)).body['ttl_remaining'], 600);

  assert.equal((await stage.renew(lease, { ttl: 2 })).body['renew_after'], 0.667);
  clock.advance(3_000);

  await stage.event('lease.expired');
});

test('a renewal is told when its TTL is not one the server gives', async (t) => {
  const { stage, lease } = await leased(t, {}, { flags: { max_ttl: '120s' } });

  for (const ttl of [0.9, 121]) problem(await stage.renew(lease, { ttl }), 400, 'invalid_request');
  problem(await stage.grant({ ttl: 121 }), 400, 'invalid_request');
  assert.equal((await stage.renew(lease, { ttl: 120 })).status, 200);
});

test('a wall clock that jumps, forward or back, ends no lease and prolongs none', async (t) => {
  const { clock, stage, lease } = await leased(t, { ttl: 60 });

  clock.setWall(Date.UTC(2099, 0, 1));
  clock.advance(30_000);
  assert.equal((await stage.show(lease)).state, 'active');
  clock.setWall(0);
  clock.advance(31_000);

  await stage.event('lease.expired');
});

test('a renewal that came in time does not expire while its snapshot is looked at', async (t) => {
  const interference = new Interference();
  const { clock, stage, lease } = await leased(t, { ttl: 60 }, { around: interference.around });
  clock.advance(59_500);
  interference.next('audit', async (proceed) => {
    clock.advance(5_000);
    return proceed();
  });

  const { status, body } = await stage.renew(lease);

  assert.equal(status, 200);
  assert.equal(body['ttl_remaining'], 60);
  assert.deepEqual(await stage.history('types=lease.expired'), []);
});

test('expiry and renewal at the same moment: one of them wins, and the answer says which', async (t) => {
  const { clock, stage } = await leased(t, { ttl: 1 });
  for (let round = 0; round < 20; round += 1) {
    const lease = await stage.lease({ step: 100, ttl: 1 });
    const renewed = stage.renew(lease);
    clock.advance(1_200);
    const { status, body } = await renewed;
    const { state } = await stage.show(lease);
    assert.deepEqual(
      [status, state],
      status === 200 ? [200, 'active'] : [410, 'expired'],
      JSON.stringify(body),
    );
    await stage.release(lease);
  }
});

test('each lease has a time of its own: the snapshot stays until the last one ends', async (t) => {
  const { clock, stage, lease } = await leased(t, { ttl: 60 });
  const longer = await stage.lease({ step: 100, ttl: 120 });

  clock.advance(61_000);
  await stage.event('lease.expired', '1');
  assert.ok(await filesUnder(longer.path));

  clock.advance(60_000);
  await stage.event('lease.expired', '2');
  await stage.observed.next('snapshotRemoved');
  assert.equal(await filesUnder(lease.path), null);
});

test('a stall of the process: what is renewed right after it does not expire', async (t) => {
  const { clock, stage, lease } = await leased(t, { ttl: 60 });
  clock.stall(90_000);

  assert.equal((await stage.renew(lease)).status, 200);
  clock.advance(30_000);
  assert.equal((await stage.show(lease)).state, 'active');
  clock.advance(31_000);
  await stage.event('lease.expired');
});

test('a lease that could not be ended because the database took no writes ends when it does again', async (t) => {
  const interference = new Interference();
  const { clock, stage, lease } = await leased(t, { ttl: 60 }, { around: interference.around });
  interference.storeFault = new Error('disk I/O error');
  clock.advance(60_200);
  await stage.observed.next('internalError', ({ during }) => during === 'expiring a lease');
  assert.equal((await stage.show(lease)).state, 'active');

  interference.storeFault = null;
  clock.advance(2_000);

  await stage.event('lease.expired');
});

test('a lease that ended can be looked up for 24 h, and is then forgotten', async (t) => {
  const { clock, stage, lease } = await leased(t);
  await stage.release(lease);

  clock.advance(24 * 3_600_000 - 61_000);
  assert.equal((await stage.show(lease)).state, 'released');
  clock.advance(62_000);
  await stage.pruned(clock, 'leases');

  problem(await stage.get(`/leases/${lease.id}`), 404, 'lease_not_found');
});
