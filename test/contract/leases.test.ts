import assert from 'node:assert/strict';
import { access, rm } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import type { PublicLeaseDocument } from '../../src/engine/documents.js';
import { FakeClock } from '../support/fake-clock.js';
import { Interference } from './support/interference.js';
import { leased, problem, type Stage } from './support/stage.js';

async function isGone(path: string): Promise<boolean> {
  return access(path).then(
    () => false,
    () => true,
  );
}

async function listed(stage: Stage, query = ''): Promise<readonly PublicLeaseDocument[]> {
  const { status, body } = await stage.get(`/leases?${query}`);
  assert.equal(status, 200, JSON.stringify(body));
  return body['items'] as unknown as PublicLeaseDocument[];
}

test('GET shows a lease to who knows its id, while it is active and after it ended', async (t) => {
  const { stage, lease } = await leased(t);
  const { ttl_remaining: _, ...before } = lease;

  const { ttl_remaining: remaining, granted_to: owner, ...shown } = await stage.show(lease);
  assert.deepEqual(shown, before);
  assert.equal(owner, 'anonymous');
  assert.ok((remaining ?? 0) > 50);

  await stage.release(lease);
  const ended = await stage.show(lease);
  assert.equal(ended.state, 'released');
  assert.deepEqual([ended.ttl_remaining, ended.renew_after], [null, null]);
});

test('an id that no lease has is 404 everywhere', async (t) => {
  const { stage } = await leased(t);
  const path = '/leases/ls_AAAAAAAAAAAAAAAAAAAAAA';

  problem(await stage.get(path), 404, 'lease_not_found');
  problem(await stage.post(`${path}/renew`), 404, 'lease_not_found');
  problem(await stage.call('DELETE', path), 404, 'lease_not_found');
});

test('a release answers 204 when the path is gone, and 204 again', async (t) => {
  const { stage, lease } = await leased(t);

  assert.equal((await stage.release(lease)).status, 204);
  assert.equal(await isGone(lease.path), true);
  assert.equal((await stage.release(lease)).status, 204);
  assert.deepEqual(await stage.history('types=lease.released'), ['lease.released 1']);
});

test('a second release that overtakes the first one answers no earlier: the path is gone then, too', async (t) => {
  const interference = new Interference();
  const { stage, lease } = await leased(t, { around: interference.around });
  let second: Promise<boolean> = Promise.resolve(false);
  interference.next('retire', async (proceed) => {
    second = stage.release(lease).then(() => isGone(lease.path));
    for (let round = 0; round < 5; round += 1) await stage.get('/livez');
    return proceed();
  });

  await stage.release(lease);

  assert.equal(await second, true);
});

test('a release whose path cannot be taken away does not claim that it was', async (t) => {
  const interference = new Interference();
  const clock = new FakeClock();
  const { stage, lease } = await leased(t, { clock, around: interference.around });
  interference.next('retire', async () => ({
    outcome: 'failed' as const,
    errno: 'EROFS',
    detail: 'the filesystem is read-only',
  }));

  const { detail, errno } = problem(await stage.release(lease), 409, 'snapshot_failed');

  assert.match(String(detail), /lease 1 is released, but its path is still there/);
  assert.equal(errno, 'EROFS');
  await stage.event('snapshot.stuck');
  assert.equal((await stage.show(lease)).state, 'released');
  clock.advance(30_000);
  await stage.observed.next('snapshotRemoved');
  assert.equal((await stage.release(lease)).status, 204);
});

test('a snapshot that cannot be removed is stuck, visibly, and removed as soon as that is possible', async (t) => {
  const interference = new Interference();
  const clock = new FakeClock();
  const { stage, lease } = await leased(t, { clock, around: interference.around });
  interference.always('erase', async () => ({
    outcome: 'failed' as const,
    errno: 'EIO',
    path: lease.path,
    detail: 'a disk that fails',
  }));
  assert.equal((await stage.release(lease)).status, 204);
  await stage.event('snapshot.stuck');

  const { warnings } = await stage.run();
  assert.deepEqual(
    warnings.map(({ code, detail }) => [code, detail]),
    [['snapshot_stuck', 'a disk that fails']],
  );
  // Nobody waits without end for it.
  problem(await stage.grant({ step: 100 }), 409, 'snapshot_path_busy');

  interference.stop('erase');
  clock.advance(30_000);
  await stage.observed.next('snapshotRemoved');
  assert.deepEqual((await stage.run()).warnings, []);
  assert.deepEqual(await stage.history('types=snapshot.stuck,snapshot.deleted'), [
    'snapshot.stuck 100',
    'snapshot.deleted 100',
  ]);
  await stage.lease({ step: 100 });
});

test('with until a grant waits for a stuck snapshot, and gets the path at once when it is gone', async (t) => {
  const interference = new Interference();
  const clock = new FakeClock();
  const run = { poll_interval: 60 };
  const { stage, lease } = await leased(t, { clock, run, around: interference.around });
  const failed = { outcome: 'failed', errno: 'EIO', path: lease.path, detail: 'a disk that fails' } as const;
  interference.always('erase', async () => failed);
  assert.equal((await stage.release(lease)).status, 204);
  await stage.event('snapshot.stuck');
  const timers = clock.pendingTimers;

  const waiting = stage.grant({ until: 100, timeout: 300 });
  // Its timeout and its pause before the next attempt.
  await stage.timersSet(clock, timers + 2);
  interference.stop('erase');
  // Long before the next poll.
  clock.advance(30_000);

  assert.equal((await waiting).status, 201);
});

test('a stuck snapshot is in the way of its generation under every path: 409 snapshot_path_busy', async (t) => {
  const interference = new Interference();
  const clock = new FakeClock();
  const { stage, lease } = await leased(t, { clock, around: interference.around });
  const failed = { outcome: 'failed', errno: 'EIO', path: lease.path, detail: 'a disk that fails' } as const;
  interference.always('erase', async () => failed);
  assert.equal((await stage.release(lease)).status, 204);
  await stage.event('snapshot.stuck');
  assert.equal((await stage.configure({ snapshot_layout: 'orbax' })).status, 200);

  const { detail } = problem(await stage.grant({ step: 100 }), 409, 'snapshot_path_busy');

  assert.ok(String(detail).startsWith(`${lease.path} is busy`));
  interference.stop('erase');
  clock.advance(30_000);
  await stage.observed.next('snapshotRemoved');
  assert.equal((await stage.lease({ step: 100 })).path, `${stage.root}/_SNAPSHOTS/100`);
});

test('a list shows active leases, without their ids', async (t) => {
  const { stage, lease } = await leased(t);
  const other = await stage.lease({ step: 100 });
  await stage.release(other);

  const items = await listed(stage);

  assert.deepEqual(
    items.map(({ number, state }) => ({ number, state })),
    [{ number: lease.number, state: 'active' }],
  );
  const { body } = await stage.get('/leases?state=all');
  assert.doesNotMatch(JSON.stringify(body), /ls_|"id"/);
});

test('a list filters by state, step and run, and comes in pages', async (t) => {
  const { stage, lease } = await leased(t);
  await stage.save(200);
  const other = await stage.lease({ step: 200 });
  await stage.release(lease);
  const numbers = async (query: string) => (await listed(stage, query)).map(({ number }) => number);

  assert.deepEqual(await numbers('state=all'), [lease.number, other.number]);
  assert.deepEqual(await numbers('state=released'), [lease.number]);
  assert.deepEqual(await numbers('step=200'), [other.number]);
  assert.deepEqual(await numbers('step=100'), []);
  assert.deepEqual(await numbers('run=r&state=all&step=100'), [lease.number]);
  problem(await stage.get('/leases?run=other'), 404, 'run_not_found');
  problem(await stage.get('/leases?state=pending'), 400, 'invalid_request');
  const { body } = await stage.get('/leases?state=all&limit=1');
  assert.equal(typeof body['next_page'], 'string');
  assert.deepEqual(await numbers(`state=all&limit=1&page=${body['next_page']}`), [other.number]);
});

test('numbers strictly increase and none is used twice, whatever becomes of the grants', async (t) => {
  const { stage } = await leased(t);
  const numbers = [1];
  for (let round = 0; round < 3; round += 1) {
    problem(await stage.grant({ step: 999 }), 404, 'step_not_found');
    await stage.restart();
    const lease = await stage.lease({ step: 100 });
    numbers.push(lease.number);
    await stage.release(lease);
  }

  assert.deepEqual(
    numbers,
    [...new Set(numbers)].sort((a, b) => a - b),
  );
});

test('no event and no list shows an id', async (t) => {
  const { stage, lease } = await leased(t);
  await stage.renew(lease);
  await stage.post('/leases/break', { number: lease.number });

  const events = JSON.stringify(await stage.events());

  assert.match(events, /lease\.broken/);
  assert.equal(events.includes(lease.id), false);
  assert.equal(events.includes('"id":"ls_'), false);
});

test("break ends somebody's lease: its holder hears that, and why", async (t) => {
  const { stage, lease } = await leased(t);

  const { status, body } = await stage.post('/leases/break', {
    number: lease.number,
    reason: 'disk is full',
  });

  assert.equal(status, 200);
  assert.deepEqual([body['state'], body['end_reason']], ['broken', 'disk is full']);
  assert.equal(await isGone(lease.path), true);
  assert.match(String(problem(await stage.renew(lease), 410, 'lease_broken')['detail']), /disk is full/);
  assert.deepEqual(await stage.history('types=lease.broken'), ['lease.broken 1']);
  problem(await stage.post('/leases/break', { number: 99 }), 404, 'lease_not_found');
});

test('ended states are final: neither release nor break nor renew changes one', async (t) => {
  const { stage, lease } = await leased(t);
  await stage.release(lease);
  const before = await stage.show(lease);

  problem(await stage.renew(lease), 410, 'lease_released');
  assert.equal((await stage.post('/leases/break', { number: lease.number })).body['state'], 'released');
  await stage.release(lease);

  assert.deepEqual(await stage.show(lease), before);
});

test('of many releases and breaks at the same time one ends the lease', async (t) => {
  const { stage, lease } = await leased(t);

  await Promise.all([
    stage.release(lease),
    stage.post('/leases/break', { number: lease.number }),
    stage.release(lease),
    stage.renew(lease),
  ]);

  const ends = await stage.events('types=lease.released,lease.broken,lease.expired,lease.lost');
  assert.equal(ends.length, 1);
  assert.equal(await isGone(lease.path), true);
});

test('a run with active leases is not removed, unless by force: they end as broken then', async (t) => {
  const { stage, lease } = await leased(t);
  problem(await stage.call('DELETE', '/runs/r'), 409, 'run_in_use');

  assert.equal((await stage.call('DELETE', '/runs/r?force=true')).status, 204);

  assert.equal((await stage.show(lease)).state, 'broken');
  assert.equal(await isGone(lease.path), true);
});

test('a change that moves paths needs no leases', async (t) => {
  const { stage, lease } = await leased(t);
  for (const change of [{ snapshot_layout: 'orbax' }, { snapshot_dir: stage.beside('elsewhere') }])
    problem(await stage.configure(change), 409, 'run_in_use');
  assert.equal((await stage.configure({ immutable: true })).status, 200);

  await stage.release(lease);
  await stage.observed.next('snapshotRemoved');

  assert.equal((await stage.configure({ snapshot_layout: 'orbax' })).status, 200);
});

for (const [what, damage] of [
  ['the snapshot as a whole', (path: string) => rm(path, { recursive: true })],
  ['one of its files', (path: string) => rm(join(path, 'default/d/0cc78e3c'))],
] as const) {
  test(`lost: the next renewal tells that other hands removed ${what}`, async (t) => {
    const { stage, lease } = await leased(t);
    await damage(lease.path);

    problem(await stage.renew(lease), 410, 'lease_lost');

    assert.equal((await stage.show(lease)).state, 'lost');
    assert.deepEqual(await stage.history('types=lease.lost'), ['lease.lost 1']);
  });

  test(`lost: an audit finds by itself that other hands removed ${what}`, async (t) => {
    const clock = new FakeClock();
    const { stage, lease } = await leased(t, { clock });
    const sharer = await stage.lease({ step: 100 });
    await damage(lease.path);

    clock.advance(5_000);
    await stage.event('lease.lost', '1');
    await stage.event('lease.lost', '2');

    for (const one of [lease, sharer]) problem(await stage.renew(one), 410, 'lease_lost');
    await stage.observed.next('snapshotRemoved');
    assert.equal(
      (await stage.lease({ step: 100 })).state,
      'active',
      'the step itself is there, and leased anew',
    );
  });
}

test('a snapshot that cannot be looked at is no loss: the renewal holds, and others are audited all the same', async (t) => {
  const interference = new Interference();
  const clock = new FakeClock();
  const { stage, lease } = await leased(t, { clock, around: interference.around });
  await stage.save(200);
  const other = await stage.lease({ step: 200 });
  interference.next('audit', () => Promise.reject(new Error('EIO')));
  assert.equal((await stage.renew(lease)).status, 200);
  await rm(other.path, { recursive: true });

  interference.next('audit', () => Promise.reject(new Error('EIO')));
  clock.advance(5_000);

  await stage.event('lease.lost', String(other.number));
  assert.equal((await stage.show(lease)).state, 'active');
});
