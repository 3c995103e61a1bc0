import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import test from 'node:test';
import { asLease, problem, Stage } from './support/stage.js';

test('a grant answers 201 with the lease, and Location names it', async (t) => {
  const stage = await Stage.set(t);
  await stage.trainer.save(100);

  const answer = await stage.grant({ step: 100, ttl: 90, holder: 'eval-3', labels: { job: 'nightly' } });

  assert.equal(answer.status, 201);
  const lease = asLease(answer);
  assert.equal(answer.headers.get('location'), `/leases/${lease.id}`);
  assert.match(lease.id, /^ls_[A-Za-z0-9_-]{22}$/);
  assert.equal(lease.number, 1);
  assert.equal(lease.run, 'r');
  assert.equal(lease.step, 100);
  assert.equal(lease.state, 'active');
  assert.equal(lease.holder, 'eval-3');
  assert.deepEqual(lease.labels, { job: 'nightly' });
  assert.equal(lease.source_path, stage.trainer.path(100));
  assert.equal(lease.snapshot, true);
  assert.equal(lease.ttl, 90);
  assert.equal(lease.renew_after, 30);
  assert.ok((lease.ttl_remaining ?? 0) > 89 && (lease.ttl_remaining ?? 0) <= 90);
  assert.equal(Date.parse(lease.expires_at) - Date.parse(lease.granted_at), 90_000);
  assert.ok(lease.waited >= 0);
});

test('the TTL is 60 s where none is given', async (t) => {
  const stage = await Stage.set(t);
  await stage.trainer.save(1);

  const { ttl, renew_after } = await stage.lease();

  assert.deepEqual([ttl, renew_after], [60, 20]);
});

test('without step and until any step is leased: the highest there is, or the first that comes', async (t) => {
  const stage = await Stage.set(t);
  const waiting = stage.grant();
  await stage.observed.next('waitStarted');
  await stage.trainer.save(3);
  assert.equal(asLease(await waiting).step, 3);

  await stage.save(7);
  assert.equal((await stage.lease()).step, 7);
});

test('until leases the highest step once it is at least that', async (t) => {
  const stage = await Stage.set(t);
  await stage.save(5);
  const waiting = stage.grant({ until: 8 });
  await stage.observed.next('waitStarted');
  await stage.save(7);
  await stage.trainer.save(12);

  assert.equal(asLease(await waiting).step, 12);
});

test('a wait that ends without a step answers 200, not satisfied, with the reason', async (t) => {
  const stage = await Stage.set(t, { flags: { max_wait: '300ms' } });
  const bodyOf = async (body: unknown) => {
    const answer = await stage.grant(body);
    assert.equal(answer.status, 200);
    const { satisfied, step, reason } = answer.body;
    return { satisfied, step, reason };
  };

  assert.deepEqual(await bodyOf({ until: 9, timeout: 0.05 }), {
    satisfied: false,
    step: -1,
    reason: 'timeout',
  });
  assert.deepEqual(await bodyOf({ until: 9 }), { satisfied: false, step: -1, reason: 'max_wait' });
  await stage.post('/runs/r/finish');
  assert.deepEqual(await bodyOf({ until: 9 }), { satisfied: false, step: -1, reason: 'finished' });
});

test('a step that is there is leased even if the run is finished, and with timeout 0', async (t) => {
  const stage = await Stage.set(t);
  await stage.save(5);
  await stage.post('/runs/r/finish');

  assert.equal((await stage.lease({ until: 5, timeout: 0 })).step, 5);
});

test('timeout 0 makes a fresh scan: a step saved a moment ago is leased', async (t) => {
  const stage = await Stage.set(t, { run: { watch: 'poll', poll_interval: 60 } });
  await stage.trainer.save(5);

  assert.equal((await stage.lease({ step: 5 })).step, 5);
  await stage.trainer.save(6);
  assert.equal((await stage.lease({ until: 6, timeout: 0 })).step, 6);
});

test('an integer step that is not there is 404 at once, and waited for within its timeout', async (t) => {
  const stage = await Stage.set(t);
  await stage.save(5);

  problem(await stage.grant({ step: 6 }), 404, 'step_not_found');
  problem(await stage.grant({ step: 6, timeout: 0.05 }), 404, 'step_not_found');
  const waiting = stage.grant({ step: 6, timeout: 30 });
  await stage.observed.next('waitStarted', ({ source }) => source === 'lease');
  await stage.save(8);
  await stage.trainer.save(6);

  assert.equal(asLease(await waiting).step, 6);
});

test('latest leases the highest; with nothing there it is 404', async (t) => {
  const stage = await Stage.set(t);
  problem(await stage.grant({ step: 'latest' }), 404, 'step_not_found');
  await stage.save(5);
  await stage.save(7);

  assert.equal((await stage.lease({ step: 'latest' })).step, 7);
});

test('a grant that waited is recorded as a wait of source lease; one that takes what is there is none', async (t) => {
  const stage = await Stage.set(t);
  await stage.save(100);
  await stage.lease({ step: 100 });
  await stage.lease({ until: 7 });

  const { body } = await stage.get('/waits');

  const waits = body['items'] as { until: number; outcome: string; step: number; source: string }[];
  assert.deepEqual(
    waits.map(({ until, outcome, step, source }) => ({ until, outcome, step, source })),
    [{ until: 7, outcome: 'reached', step: 100, source: 'lease' }],
  );
});

test('while the run is unavailable a lease of what was there is 503, and until waits for its return', async (t) => {
  const stage = await Stage.set(t, { run: { poll_interval: 0.05 } });
  await stage.save(100);
  await stage.restart(async () => {
    const { rename, writeFile } = await import('node:fs/promises');
    await rename(stage.root, `${stage.root}.away`);
    await writeFile(stage.root, 'no directory');
  });
  await stage.observed.next('runStateChanged', ({ to }) => to === 'unavailable');

  problem(await stage.grant({ step: 100 }), 503, 'run_unavailable');
  const waiting = stage.grant({ until: 100 });
  await stage.observed.next('waitStarted', ({ until }) => until === 100);
  await rm(stage.root);
  const { rename } = await import('node:fs/promises');
  await rename(`${stage.root}.away`, stage.root);

  assert.equal(asLease(await waiting).step, 100);
});

test('what is wrong with a request is named with its rule', async (t) => {
  const stage = await Stage.set(t);
  for (const [body, naming] of [
    [{ step: 1, until: 2 }, /step.*until/],
    [{ step: -1 }, /step/],
    [{ step: 'newest' }, /step/],
    [{ until: 1.5 }, /until/],
    [{ until: 2 ** 60 }, /until/],
    [{ ttl: 0.5 }, /ttl/],
    [{ ttl: 86_401 }, /ttl.*86400/],
    [{ timeout: -1 }, /timeout/],
    [{ holder: 'x'.repeat(129) }, /holder/],
    [{ labels: { a: 1 } }, /labels/],
    [{ labels: { a: { b: 'c' } } }, /labels/],
    [{ tll: 60 }, /tll/],
  ] as const)
    assert.match(String(problem(await stage.grant(body), 400, 'invalid_request')['detail']), naming);
});

test('the server grants --max-leases leases, and no more at the same time', async (t) => {
  const stage = await Stage.set(t, { flags: { max_leases: 2 } });
  await stage.save(1);

  const answers = await Promise.all([1, 2, 3].map(() => stage.grant({ step: 1 })));

  assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 201, 429]);
});
