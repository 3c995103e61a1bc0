import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { FakeClock } from '../support/fake-clock.js';
import { exists, snapshotEntries } from './support/aftermath.js';
import { Interference } from './support/interference.js';
import { leased, problem, Stage } from './support/stage.js';
import { filesUnder } from './support/trainer.js';

test('an active lease goes on after a restart, with its snapshot, and its full TTL again', async (t) => {
  const clock = new FakeClock();
  const { stage, lease } = await leased(t, { clock });
  clock.advance(50_000);

  await stage.restart();

  const { ttl_remaining, expires_at } = await stage.show(lease);
  assert.deepEqual([ttl_remaining, Date.parse(expires_at)], [60, clock.now() + 60_000]);
  assert.deepEqual(await filesUnder(lease.path), await filesUnder(stage.trainer.path(100)));
  clock.advance(60_000);
  assert.equal((await stage.show(lease)).state, 'active');
  clock.advance(1_000);
  await stage.event('lease.expired');
  await stage.observed.next('snapshotRemoved');
});

test('the time in which the server starts is not taken from the TTL', async (t) => {
  const clock = new FakeClock();
  const interference = new Interference();
  const { stage, lease } = await leased(t, { clock, around: interference.around });

  await stage.restart(() => {
    interference.next('inventory', async (proceed) => {
      clock.advance(600_000);
      return proceed();
    });
  });

  assert.equal((await stage.show(lease)).ttl_remaining, 60);
});

test('a lease is renewed and released after a restart as before it', async (t) => {
  const { stage, lease } = await leased(t);
  await stage.restart();

  assert.equal((await stage.renew(lease)).status, 200);
  assert.equal((await stage.release(lease)).status, 204);

  assert.equal(await exists(lease.path), false);
});

test('a lease joins a snapshot that an earlier process made', async (t) => {
  const { stage, lease } = await leased(t);
  await stage.restart();

  const joined = await stage.lease({ step: 100 });

  assert.equal(joined.path, lease.path);
  await stage.release(lease);
  assert.ok(await filesUnder(joined.path));
});

test('snapshots are verified: what other hands damaged while the server was down is lost', async (t) => {
  for (const damage of [
    (path: string) => rm(path, { recursive: true }),
    (path: string) => rm(join(path, 'default/d/0cc78e3c')),
  ]) {
    const { stage, lease } = await leased(t);

    await stage.restart(() => damage(lease.path));

    problem(await stage.renew(lease), 410, 'lease_lost');
    await stage.observed.next('snapshotRemoved');
    assert.deepEqual(await snapshotEntries(stage), []);
    assert.deepEqual(await stage.history('types=lease.lost'), ['lease.lost 1']);
  }
});

test('a snapshot that cannot be looked at is no loss, and does not keep the server from starting', async (t) => {
  const interference = new Interference();
  const clock = new FakeClock();
  const { stage, lease } = await leased(t, { clock, around: interference.around });

  await stage.restart(() => interference.next('inventory', () => Promise.reject(new Error('EIO'))));

  assert.equal((await stage.show(lease)).state, 'active');
  // The next look finds it whole, and the one after that what is wrong with it.
  assert.equal((await stage.renew(lease)).status, 200);
  await rm(join(lease.path, 'default/d/0cc78e3c'));
  problem(await stage.renew(lease), 410, 'lease_lost');
});

test('a snapshot directory whose mark cannot be read does not keep the server from starting', async (t) => {
  const { stage, lease } = await leased(t);

  await stage.restart(() => writeFile(join(stage.root, '_STEPLEASE/owner.json'), 'no mark'));

  assert.equal((await stage.show(lease)).state, 'active');
  assert.match(JSON.stringify((await stage.run()).warnings), /owner\.json names no store/);
});

test('cursors go on: no event is lost, repeated or renumbered over a restart', async (t) => {
  const { stage } = await leased(t);
  const before = await stage.events();
  const cursor = before.at(-1)?.id;

  await stage.restart();
  await stage.save(200);

  assert.deepEqual(await stage.history(`after=${cursor}`), ['step.finalized 200']);
  assert.deepEqual((await stage.events()).slice(0, before.length), before);
});

test('a lease that ended stays ended, and can be looked up', async (t) => {
  const { stage, lease } = await leased(t);
  await stage.release(lease);

  await stage.restart();

  assert.equal((await stage.show(lease)).state, 'released');
  problem(await stage.renew(lease), 410, 'lease_released');
  assert.equal((await stage.release(lease)).status, 204);
});

test('on shutdown a grant that waits is 503, and gives no lease', async (t) => {
  const stage = await Stage.set(t);
  const waiting = stage.grant({ until: 100 });
  await stage.observed.next('waitStarted');

  await stage.stop();

  problem(await waiting, 503, 'shutting_down');
  await stage.start();
  assert.deepEqual((await stage.get('/leases?state=all')).body['items'], []);
});

test('a shutdown while a snapshot is built leaves a lease that was told of, or nothing', async (t) => {
  const interference = new Interference();
  const stage = await Stage.set(t, { around: interference.around });
  await stage.save(100);
  let stopped: Promise<void> = Promise.resolve();
  interference.next('build', async (proceed) => {
    stopped = stage.stop();
    return proceed();
  });

  const answer = await stage.grant({ step: 100 });
  await stopped;
  await stage.start();

  const { body } = await stage.get('/leases');
  assert.equal((body['items'] as unknown[]).length, answer.status === 201 ? 1 : 0);
  assert.equal((await snapshotEntries(stage)).length, answer.status === 201 ? 1 : 0);
});
