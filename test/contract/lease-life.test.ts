import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { FakeClock } from '../support/fake-clock.js';
import { problem, Stage } from './support/stage.js';

const LIFE = { flags: { max_lease_life: '100s' } };

async function leased(t: TestContext, ttl: number) {
  const clock = new FakeClock();
  const stage = await Stage.set(t, { ...LIFE, clock });
  await stage.save(100);
  return { clock, stage, lease: await stage.lease({ step: 100, ttl }) };
}

test('renewals go as far as max_lease_life and no further, and the lease says so', async (t) => {
  const { clock, stage, lease } = await leased(t, 60);
  assert.deepEqual([lease.ttl, lease.renew_after], [60, 20]);

  clock.advance(30_000);
  assert.equal((await stage.renew(lease)).body.renew_after, 20);
  clock.advance(40_000);
  const { body } = await stage.renew(lease);

  assert.deepEqual([body.ttl, body.ttl_remaining, body.renew_after], [30, 30, 30]);
  assert.equal(Date.parse(body.expires_at) - Date.parse(body.granted_at), 100_000);
});

test('a lease ends with its life although it is renewed to the last moment, and then renewals are 410', async (t) => {
  const { clock, stage, lease } = await leased(t, 60);
  clock.advance(50_000);
  assert.equal((await stage.renew(lease)).status, 200);
  clock.advance(50_000);

  const { detail } = problem(await stage.renew(lease), 410, 'lease_expired');

  assert.match(detail, /max_lease_life is over: 100 s after it was granted/);
  assert.equal((await stage.show(lease)).state, 'expired');
});

test('a lease that nobody renews until then ends by itself, and says why', async (t) => {
  const { clock, stage, lease } = await leased(t, 60);
  clock.advance(50_000);
  await stage.renew(lease);
  clock.advance(51_000);
  await stage.event('lease.expired', '1');

  assert.match((await stage.show(lease)).end_reason ?? '', /max_lease_life is over/);
});

test('a longer TTL is granted as long as the life', async (t) => {
  const { lease } = await leased(t, 3_600);

  assert.deepEqual([lease.ttl, lease.ttl_remaining, lease.renew_after], [100, 100, 100]);
});

test('the life goes on over a restart, which takes back no promise', async (t) => {
  const { clock, stage, lease } = await leased(t, 60);
  clock.advance(50_000);
  await stage.restart(() => clock.advance(30_000));

  // Every lease has its whole TTL again; what is left of the life is shorter.
  const { body } = await stage.renew(lease, { ttl: 600 });
  assert.deepEqual([body.ttl, body.renew_after], [60, 60]);

  clock.advance(60_000);
  problem(await stage.renew(lease), 410, 'lease_expired');
});

test('setting the wall clock makes no life longer or shorter', async (t) => {
  const { clock, stage, lease } = await leased(t, 60);
  clock.setWall(0);
  clock.advance(50_000);
  assert.equal((await stage.renew(lease)).body.ttl_remaining, 50);
});

test('a delivery of a consumer has the same life', async (t) => {
  const { stage } = await leased(t, 60);
  await stage.call('PUT', '/consumers/c?run=r', { body: { mode: 'every', ttl: 500 } });

  const { body } = await stage.post('/consumers/c/next?run=r');

  assert.equal(body.ttl, 100);
});
