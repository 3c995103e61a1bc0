import assert from 'node:assert/strict';
import test from 'node:test';
import { FakeClock } from '../support/fake-clock.js';
import { failedBuild, Interference } from './support/interference.js';
import { asLease, problem, Stage } from './support/stage.js';

test('the same key gives the same lease, with 200', async (t) => {
  const stage = await Stage.set(t);
  await stage.save(100);
  const first = await stage.lease({ step: 100 }, 'k');
  await stage.save(200);

  const again = await stage.grant({ step: 100 }, 'k');

  assert.equal(again.status, 200);
  assert.equal(asLease(again).id, first.id);
  assert.equal((await stage.history('types=lease.granted')).length, 1);
});

test('without a step in the request the key still gives the lease that it gave, not a newer step', async (t) => {
  const stage = await Stage.set(t);
  await stage.save(100);
  const first = await stage.lease({}, 'k');
  await stage.save(200);

  assert.equal(asLease(await stage.grant({}, 'k')).id, first.id);
});

test('a retry joins the call that still waits: one lease for both', async (t) => {
  const stage = await Stage.set(t);
  const first = stage.grant({ until: 100 }, 'k');
  await stage.observed.next('waitStarted');
  const retry = stage.grant({ until: 100 }, 'k');
  await stage.get('/livez');
  await stage.trainer.save(100);

  const answers = await Promise.all([first, retry]);

  assert.deepEqual(
    answers.map(({ status }) => status),
    [201, 200],
  );
  assert.equal(new Set(answers.map((answer) => asLease(answer).id)).size, 1);
  assert.equal((await stage.history('types=lease.granted')).length, 1);
});

test('a client with a key that hung up while it waited finds its lease when it comes back', async (t) => {
  const stage = await Stage.set(t);
  const first = stage.grant({ until: 100 }, 'k');
  await stage.observed.next('waitStarted');
  first.hangUp();
  await stage.save(100);
  await stage.event('lease.granted');

  const retry = await stage.grant({ until: 100 }, 'k');

  assert.equal(retry.status, 200);
  assert.equal(asLease(retry).state, 'active');
  assert.deepEqual(await stage.history('types=lease.released'), []);
});

test('the same key for another step or until is 422, whether the first call is over or not', async (t) => {
  const stage = await Stage.set(t);
  await stage.save(100);
  await stage.lease({ step: 100 }, 'k');
  for (const body of [{ step: 101 }, { step: 'latest' }, { until: 100 }, {}])
    problem(await stage.grant(body, 'k'), 422, 'idempotency_mismatch');

  const waiting = stage.grant({ until: 500 }, 'other');
  await stage.observed.next('waitStarted', ({ until }) => until === 500);
  problem(await stage.grant({ until: 501 }, 'other'), 422, 'idempotency_mismatch');
  await stage.trainer.save(500);
  assert.equal((await waiting).status, 201);
});

test('other fields may differ: they describe the call, not the lease', async (t) => {
  const stage = await Stage.set(t);
  await stage.save(100);
  const first = await stage.lease({ step: 100, ttl: 60 }, 'k');

  const again = await stage.grant({ step: 100, ttl: 70, timeout: 5, holder: 'retry' }, 'k');

  assert.equal(asLease(again).id, first.id);
  assert.equal(asLease(again).ttl, 60);
});

for (const [state, end] of [
  [
    'released',
    async (stage: Stage, _clock: FakeClock, id: string) => void (await stage.call('DELETE', `/leases/${id}`)),
  ],
  ['broken', async (stage: Stage) => void (await stage.post('/leases/break', { number: 1 }))],
  [
    'expired',
    async (stage: Stage, clock: FakeClock) => {
      clock.advance(61_000);
      await stage.event('lease.expired');
    },
  ],
] as const) {
  test(`a key whose lease was ${state} is 410 lease_${state}`, async (t) => {
    const clock = new FakeClock();
    const stage = await Stage.set(t, { clock });
    await stage.save(100);
    const { id } = await stage.lease({ step: 100 }, 'k');

    await end(stage, clock, id);

    problem(await stage.grant({ step: 100 }, 'k'), 410, `lease_${state}`);
  });
}

test('an outcome without a step frees the key', async (t) => {
  const stage = await Stage.set(t);
  assert.equal((await stage.grant({ until: 100, timeout: 0 }, 'k')).status, 200);
  problem(await stage.grant({ step: 100 }, 'k'), 404, 'step_not_found');
  await stage.save(100);

  assert.equal((await stage.grant({ step: 100 }, 'k')).status, 201);
});

test('a grant that failed frees the key', async (t) => {
  const interference = new Interference();
  const stage = await Stage.set(t, { around: interference.around });
  await stage.save(100);
  interference.next('build', async () => failedBuild('EIO', 'input/output error'));
  problem(await stage.grant({ step: 100 }, 'k'), 409, 'snapshot_failed');

  assert.equal((await stage.grant({ step: 100 }, 'k')).status, 201);
});

test('keys of one run mean nothing in another', async (t) => {
  const stage = await Stage.set(t);
  await stage.save(100);
  const other = await Stage.set(t);
  const put = { body: { directory: stage.beside('second') } };
  assert.equal((await stage.call('PUT', '/runs/second', put)).status, 201);
  const first = await stage.lease({ step: 100 }, 'k');

  const headers = { 'idempotency-key': 'k' };
  problem(
    await stage.call('POST', '/leases?run=second', { body: { step: 100 }, headers }),
    404,
    'step_not_found',
  );
  problem(await other.grant({ step: 100 }, 'k'), 404, 'step_not_found');
  assert.equal(asLease(await stage.grant({ step: 100 }, 'k')).id, first.id);
});

test('a key survives a restart, and is forgotten after 24 h', async (t) => {
  const clock = new FakeClock();
  const stage = await Stage.set(t, { clock });
  await stage.save(100);
  const first = await stage.lease({ step: 100, ttl: 86_400 }, 'k');
  await stage.restart();
  assert.equal(asLease(await stage.grant({ step: 100 }, 'k')).id, first.id);

  clock.advance(86_000_000);
  assert.equal((await stage.renew(first)).status, 200);
  assert.equal(asLease(await stage.grant({ step: 100 }, 'k')).id, first.id);
  clock.advance(500_000);
  await stage.pruned(clock, 'keys');

  const young = await stage.grant({ step: 100 }, 'k');
  assert.equal(young.status, 201);
  assert.notEqual(asLease(young).id, first.id);
});

test('many calls at once with one key give one lease', async (t) => {
  const stage = await Stage.set(t);
  await stage.save(100);

  const answers = await Promise.all(Array.from({ length: 20 }, () => stage.grant({ step: 100 }, 'k')));

  assert.equal(new Set(answers.map((answer) => asLease(answer).id)).size, 1);
  assert.equal(answers.filter(({ status }) => status === 201).length, 1);
  assert.equal((await stage.history('types=lease.granted')).length, 1);
});
