import assert from 'node:assert/strict';
import { rmSync, unlinkSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { CheckpointRoot } from '../support/checkpoint-root.js';
import { FakeClock } from '../support/fake-clock.js';
import type { Json } from '../support/http-client.js';
import { RunningServer } from '../support/running-server.js';

async function serve(
  t: TestContext,
  flags: Readonly<Record<string, unknown>> = {},
  steps: readonly number[] = [1, 2, 3],
) {
  const root = CheckpointRoot.make(t);
  for (const step of steps) root.save(step);
  const server = await RunningServer.start(t, {
    flags: { directory: root.path, poll_interval: '0.05', ...flags },
  });
  return { root, server };
}

test('POST /leases waits, snapshots and leases in one call, and answers 201 with the lease and its Location', async (t) => {
  const { root, server } = await serve(t);
  const answer = await server.post('/leases', {
    until: 2,
    ttl: 90,
    holder: 'eval-3',
    labels: { suite: 'mmlu' },
  });
  const lease = answer.body;
  assert.equal(answer.status, 201, JSON.stringify(lease));
  assert.equal(answer.headers.get('location'), `/leases/${lease.id}`);
  assert.match(lease.id, /^ls_[A-Za-z0-9_-]{22}$/);
  const { number, run, step, state, holder, labels, source_path, snapshot, ttl, renew_after } = lease;
  assert.deepEqual(
    [number, run, step, state, holder, snapshot, ttl, renew_after],
    [1, 'default', 3, 'active', 'eval-3', true, 90, 30],
  );
  assert.deepEqual([labels, source_path], [{ suite: 'mmlu' }, root.at(3)]);
  assert.equal(lease.path, root.at('_STEPLEASE', lease.generation, 3));
  assert.equal(lease.relative_path, `_STEPLEASE/${lease.generation}/3`);
  assert.equal(Date.parse(lease.expires_at) - Date.parse(lease.granted_at), 90_000);
  assert.ok(lease.ttl_remaining > 89 && lease.ttl_remaining <= 90);
});

test('defaults: ttl 60, any step, no holder, no labels', async (t) => {
  const { server } = await serve(t);
  const { ttl, step, holder, labels } = await server.ok(server.call('POST', '/leases'), 201);
  assert.deepEqual([ttl, step, holder, labels], [60, 3, null, {}]);
});

test('an integer step is that very step; latest is the highest', async (t) => {
  const { server } = await serve(t);
  assert.equal((await server.ok(server.post('/leases', { step: 2 }), 201)).step, 2);
  assert.equal((await server.ok(server.post('/leases', { step: 'latest' }), 201)).step, 3);
});

test('an integer step that does not come within its timeout is 404 step_not_found, and latest of nothing too', async (t) => {
  const { server } = await serve(t, {}, []);
  await server.problem(server.post('/leases', { step: 9 }), 404, 'step_not_found');
  await server.problem(server.post('/leases', { step: 9, timeout: 0.1 }), 404, 'step_not_found');
  await server.problem(server.post('/leases', { step: 'latest' }), 404, 'step_not_found');
});

test('an integer step is waited for within its timeout', async (t) => {
  const { root, server } = await serve(t);
  const waiting = server.ok(server.post('/leases', { step: 9, timeout: 20 }), 201);
  await server.observed.next('waitStarted');
  root.save(8);
  root.save(9);
  assert.equal((await waiting).step, 9);
});

test('until waits, and ends without a step as /wait does', async (t) => {
  const { root, server } = await serve(t);
  const { satisfied, step, reason } = await server.ok(server.post('/leases', { until: 9, timeout: 0 }));
  assert.deepEqual([satisfied, step, reason], [false, -1, 'timeout']);
  const waiting = server.ok(server.post('/leases', { until: 9 }), 201);
  await server.observed.next('waitStarted', () => true);
  root.save(12);
  const lease = await waiting;
  assert.equal(lease.step, 12);
  await server.ok(server.post('/runs/default/finish'));
  assert.equal((await server.ok(server.post('/leases', { until: 13 }))).reason, 'finished');
});

for (const body of [
  { step: 1, until: 2 },
  { step: -1 },
  { step: 1.5 },
  { step: 'newest' },
  { until: '5' },
  { until: 2 ** 60 },
  { ttl: 0.5 },
  { ttl: 86_401 },
  { ttl: '60' },
  { timeout: -1 },
  { holder: 'x'.repeat(129) },
  { labels: { a: 1 } },
  { unknown: true },
]) {
  test(`${JSON.stringify(body).slice(0, 40)} is refused`, async (t) => {
    const { server } = await serve(t);
    await server.problem(server.post('/leases', body), 400, 'invalid_request');
  });
}

test('renew counts the TTL from now, with a new one if asked', async (t) => {
  const clock = new FakeClock();
  const { server } = await servedWith(t, clock);
  const lease = await server.ok(server.post('/leases', { step: 1, ttl: 60 }), 201);
  clock.advance(50_000);
  assert.equal((await server.ok(server.get(`/leases/${lease.id}`))).ttl_remaining, 10);
  assert.equal((await server.ok(server.post(`/leases/${lease.id}/renew`))).ttl_remaining, 60);
  const longer = await server.ok(server.post(`/leases/${lease.id}/renew`, { ttl: 600 }));
  assert.deepEqual([longer.ttl, longer.ttl_remaining], [600, 600]);
  await server.problem(server.post(`/leases/${lease.id}/renew`, { ttl: 86_401 }), 400, 'invalid_request');
});

test('a lease that is not renewed expires after its TTL and not before, and its snapshot goes', async (t) => {
  const clock = new FakeClock();
  const { root, server } = await servedWith(t, clock);
  const lease = await server.ok(server.post('/leases', { step: 1, ttl: 60 }), 201);
  clock.advance(60_000);
  assert.equal((await server.ok(server.get(`/leases/${lease.id}`))).state, 'active');
  clock.advance(1_000);
  await server.observed.next('leaseEnded', ({ state }) => state === 'expired');
  await server.observed.next('snapshotRemoved');
  assert.equal((await server.ok(server.get(`/leases/${lease.id}`))).state, 'expired');
  await server.problem(server.post(`/leases/${lease.id}/renew`), 410, 'lease_expired');
  await server.ok(server.delete(`/leases/${lease.id}`), 204);
  assert.equal((await server.ok(server.get('/steps/1'))).snapshot, null);
  assert.throws(() => rmSync(root.at('_STEPLEASE', lease.generation)), /ENOENT/);
});

test('wall time does not matter to a lease', async (t) => {
  const clock = new FakeClock();
  const { server } = await servedWith(t, clock);
  const lease = await server.ok(server.post('/leases', { step: 1, ttl: 60 }), 201);
  clock.setWall(clock.now() + 10 * 86_400_000);
  assert.equal((await server.ok(server.post(`/leases/${lease.id}/renew`))).state, 'active');
});

async function servedWith(t: TestContext, clock: FakeClock) {
  const root = CheckpointRoot.make(t);
  root.save(1);
  const server = await RunningServer.start(t, { clock, flags: { directory: root.path } });
  return { root, server };
}

test('DELETE releases with 204, repeatably, and the path is gone when it answers', async (t) => {
  const { server } = await serve(t);
  const lease = await server.ok(server.post('/leases', { step: 1 }), 201);
  await server.ok(server.delete(`/leases/${lease.id}`), 204);
  assert.throws(() => unlinkSync(`${lease.path}/_CHECKPOINT_METADATA`), /ENOENT/);
  await server.ok(server.delete(`/leases/${lease.id}`), 204);
  await server.problem(server.post(`/leases/${lease.id}/renew`), 410, 'lease_released');
  await server.problem(server.delete('/leases/ls_AAAAAAAAAAAAAAAAAAAAAA'), 404, 'lease_not_found');
  await server.problem(server.get('/leases/nonsense'), 404, 'lease_not_found');
});

test('holders of one generation share one snapshot, which goes with the last of them', async (t) => {
  const { server } = await serve(t);
  const grants = Array.from({ length: 8 }, () => server.ok(server.post('/leases', { step: 2 }), 201));
  const leases = await Promise.all(grants);
  assert.equal(new Set(leases.map((lease) => lease.path)).size, 1);
  assert.equal(new Set(leases.map((lease) => lease.id)).size, 8);
  const step = await server.ok(server.get('/steps/2'));
  assert.deepEqual([step.leases, step.snapshot.path, step.snapshot.mode], [8, leases[0].path, 'hardlink']);
  assert.equal(server.observed.all('snapshotBuilt').length, 1);
  for (const lease of leases.slice(1)) await server.ok(server.delete(`/leases/${lease.id}`), 204);
  assert.equal((await server.ok(server.get('/steps/2'))).snapshot.path, leases[0].path);
  await server.ok(server.delete(`/leases/${leases[0].id}`), 204);
  assert.equal((await server.ok(server.get('/steps/2'))).snapshot, null);
});

test('lists show active leases without their ids, by number, filtered and paged', async (t) => {
  const { server } = await serve(t);
  const made: Json[] = [];
  for (const step of [1, 2, 3, 3]) made.push(await server.ok(server.post('/leases', { step }), 201));
  await server.ok(server.delete(`/leases/${made[0].id}`), 204);
  const numbers = async (query: string) => {
    const list = await server.ok(server.get(`/leases${query}`));
    assert.ok(!JSON.stringify(list).includes('ls_'));
    return list.items.map((lease: Json) => lease.number);
  };
  assert.deepEqual(await numbers(''), [2, 3, 4]);
  assert.deepEqual(await numbers('?state=all'), [1, 2, 3, 4]);
  assert.deepEqual(await numbers('?state=released'), [1]);
  assert.deepEqual(await numbers('?step=3'), [3, 4]);
  const first = await server.ok(server.get('/leases?limit=2'));
  assert.deepEqual(await numbers(`?limit=2&page=${first.next_page}`), [4]);
});

test("an admin ends somebody's lease by its number", async (t) => {
  const { server } = await serve(t);
  const lease = await server.ok(server.post('/leases', { step: 1 }), 201);
  const broken = await server.ok(
    server.post('/leases/break', { number: lease.number, reason: 'disk is needed' }),
  );
  assert.deepEqual([broken.state, broken.end_reason, broken.id], ['broken', 'disk is needed', undefined]);
  await server.problem(server.post(`/leases/${lease.id}/renew`), 410, 'lease_broken');
  await server.problem(server.post('/leases/break', { number: 99 }), 404, 'lease_not_found');
});

test('max_leases_per_step limits the leases of one step', async (t) => {
  const { server } = await serve(t, { max_leases_per_step: '2' });
  const grants = await Promise.all(Array.from({ length: 4 }, () => server.post('/leases', { step: 1 })));
  assert.deepEqual(grants.map(({ status }) => status).sort(), [201, 201, 429, 429]);
  const refused = grants.find(({ status }) => status === 429);
  assert.equal(refused?.body.code, 'too_many_leases');
  assert.ok(Number(refused?.headers.get('retry-after')) > 0);
  await server.ok(server.post('/leases', { step: 2 }), 201);
});

test('after a restart every active lease has its full TTL again and reads on, ended ones are remembered', async (t) => {
  const { root, server } = await serve(t);
  const kept = await server.ok(server.post('/leases', { step: 1, ttl: 60 }), 201);
  const ended = await server.ok(server.post('/leases', { step: 2 }), 201);
  await server.ok(server.delete(`/leases/${ended.id}`), 204);
  await server.stop();
  root.delete(1);
  await server.begin();
  const again = await server.ok(server.get(`/leases/${kept.id}`));
  assert.equal(again.state, 'active');
  assert.ok(again.ttl_remaining > 58);
  unlinkSync(`${kept.path}/_CHECKPOINT_METADATA`);
  await server.problem(server.post(`/leases/${kept.id}/renew`), 410, 'lease_lost');
  assert.equal((await server.ok(server.get(`/leases/${ended.id}`))).state, 'released');
  const next = await server.ok(server.post('/leases', { step: 3 }), 201);
  assert.ok(next.number > ended.number);
});

test('files that vanished by other hands are reported no later than the next renewal, to everybody who held them', async (t) => {
  const { server } = await serve(t);
  const first = await server.ok(server.post('/leases', { step: 1 }), 201);
  const second = await server.ok(server.post('/leases', { step: 1 }), 201);
  rmSync(first.path, { recursive: true });
  await server.problem(server.post(`/leases/${first.id}/renew`), 410, 'lease_lost');
  await server.problem(server.post(`/leases/${second.id}/renew`), 410, 'lease_lost');
  const types = (await server.ok(server.get('/events?types=lease.lost'))).items.map(
    (event: Json) => event.subject,
  );
  assert.deepEqual(types.sort(), ['1', '2']);
  const anew = await server.ok(server.post('/leases', { step: 1 }), 201);
  assert.equal((await server.ok(server.post(`/leases/${anew.id}/renew`))).state, 'active');
});

test('a client that is gone when the grant commits gets no lease that lasts', async (t) => {
  const { root, server } = await serve(t, {}, []);
  const hangUp = new AbortController();
  const waiting = server.post('/leases', { until: 5, timeout: 60 }, { signal: hangUp.signal });
  await server.observed.next('waitStarted');
  hangUp.abort();
  await assert.rejects(waiting);
  await server.observed.next('waitEnded', ({ outcome }) => outcome === 'cancelled');
  root.save(5);
  await server.ok(server.get('/wait?until=5'));
  assert.deepEqual((await server.ok(server.get('/leases'))).items, []);
});

const keyed = (key: string) => ({ headers: { 'idempotency-key': key } });

test('the same Idempotency-Key gives the same lease with 200', async (t) => {
  const { server } = await serve(t);
  const first = await server.ok(server.post('/leases', { step: 1 }, keyed('k1')), 201);
  const again = await server.ok(server.post('/leases', { step: 1 }, keyed('k1')), 200);
  assert.equal(again.id, first.id);
  assert.notEqual((await server.ok(server.post('/leases', { step: 1 }, keyed('k2')), 201)).id, first.id);
  await server.restart();
  assert.equal((await server.ok(server.post('/leases', { step: 1 }, keyed('k1')), 200)).id, first.id);
});

test('a retry joins the call that still waits, also when its first client is gone', async (t) => {
  const { root, server } = await serve(t, {}, []);
  const hangUp = new AbortController();
  const lost = server.post('/leases', { until: 5 }, { ...keyed('k'), signal: hangUp.signal });
  await server.observed.next('waitStarted');
  hangUp.abort();
  await assert.rejects(lost);
  const retry = server.post('/leases', { until: 5 }, keyed('k'));
  const other = server.post('/leases', { until: 5 }, keyed('k'));
  root.save(5);
  const answers = await Promise.all([retry, other]);
  assert.equal(new Set(answers.map(({ body }) => body.id)).size, 1);
  assert.equal((await server.ok(server.get('/leases'))).items.length, 1);
});

test('another step under the same key is 422, an ended lease 410, and a grant without a step frees the key', async (t) => {
  const { server } = await serve(t);
  assert.equal(
    (await server.ok(server.post('/leases', { until: 9, timeout: 0 }, keyed('k')))).satisfied,
    false,
  );
  await server.problem(server.post('/leases', { step: 9 }, keyed('k')), 404, 'step_not_found');
  const lease = await server.ok(server.post('/leases', { step: 1 }, keyed('k')), 201);
  await server.problem(server.post('/leases', { step: 2 }, keyed('k')), 422, 'idempotency_mismatch');
  await server.ok(server.delete(`/leases/${lease.id}`), 204);
  await server.problem(server.post('/leases', { step: 1 }, keyed('k')), 410, 'lease_released');
});
