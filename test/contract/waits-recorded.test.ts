import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { CheckpointRoot } from '../support/checkpoint-root.js';
import type { Json } from '../support/http-client.js';
import { RunningServer } from '../support/running-server.js';

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

async function serve(t: TestContext, flags: Readonly<Record<string, unknown>> = {}) {
  const root = CheckpointRoot.make(t);
  const server = await RunningServer.start(t, {
    flags: { directory: root.path, poll_interval: '0.05', ...flags },
  });
  return { root, server };
}

async function records(server: RunningServer): Promise<readonly Json[]> {
  return (await server.ok(server.get('/waits'))).items;
}

test('a recorded wait says what was waited for, since when, for how long and with which end', async (t) => {
  const { root, server } = await serve(t);
  root.save(12);
  await server.ok(server.get('/wait?until=12'));
  const [record, ...others] = await records(server);
  assert.equal(others.length, 0);
  assert.deepEqual(
    { ...record, started_at: null, duration: null },
    {
      run: 'default',
      until: 12,
      started_at: null,
      duration: null,
      outcome: 'reached',
      step: 12,
      source: 'wait',
    },
  );
  assert.match(record.started_at, TIME);
  assert.ok(record.duration >= 0 && record.duration < 10);
});

test('every outcome is recorded once: reached, timeout, finished, cancelled', async (t) => {
  const { root, server } = await serve(t);
  root.save(1);
  await server.ok(server.get('/wait'));
  await server.ok(server.get('/wait?until=2&timeout=0'));
  await server.ok(server.post('/runs/default/finish'));
  await server.ok(server.get('/wait?until=2'));
  await server.ok(server.post('/runs/default/reopen'));
  const hangUp = new AbortController();
  const waiting = server.get('/wait?until=2', { signal: hangUp.signal });
  for (let started = 0; started < 4; started += 1) await server.observed.next('waitStarted');
  hangUp.abort();
  await assert.rejects(waiting);
  await server.observed.next('waitEnded', ({ outcome }) => outcome === 'cancelled');
  assert.deepEqual(
    (await records(server)).map(({ outcome }) => outcome),
    ['cancelled', 'finished', 'timeout', 'reached'],
  );
  const { count, reached, timeout, finished, cancelled } = await server.ok(server.get('/waits/summary'));
  assert.deepEqual([count, reached, timeout, finished, cancelled], [4, 1, 1, 1, 1]);
});

test('without any wait the summary counts none and has no quantiles', async (t) => {
  const { server } = await serve(t);
  assert.deepEqual(await server.ok(server.get('/waits/summary')), {
    count: 0,
    reached: 0,
    timeout: 0,
    finished: 0,
    cancelled: 0,
    p50: null,
    p90: null,
    p99: null,
    max: null,
  });
});

test('waits of all runs are shown without run=, and of one with it', async (t) => {
  const one = CheckpointRoot.make(t);
  const two = CheckpointRoot.make(t);
  const server = await RunningServer.start(t, { flags: { run: [`one=${one.path}`, `two=${two.path}`] } });
  for (const run of ['one', 'two', 'two']) await server.ok(server.get(`/wait?run=${run}&timeout=0`));
  assert.equal((await records(server)).length, 3);
  const { items } = await server.ok(server.get('/waits?run=two'));
  assert.deepEqual(
    items.map((item: Json) => item.run),
    ['two', 'two'],
  );
  assert.equal((await server.ok(server.get('/waits/summary?run=one'))).count, 1);
});

test('recorded waits survive a restart', async (t) => {
  const { server } = await serve(t);
  await server.ok(server.get('/wait?timeout=0'));
  const before = await records(server);
  await server.restart();
  assert.deepEqual(await records(server), before);
});

test('a wait that the shutdown ends is recorded as cancelled, also one between two slices', async (t) => {
  const { server } = await serve(t, { max_wait: '20ms' });
  await server.ok(server.get('/wait?timeout=10&wait_id=w'));
  await server.restart({ max_wait: '60' });
  const waiting = server.get('/wait?timeout=10');
  await server.observed.next('waitStarted');
  await server.drain();
  await server.problem(waiting, 503, 'shutting_down');
  await server.restart();
  assert.deepEqual(
    (await records(server)).map(({ outcome }) => outcome),
    ['cancelled', 'cancelled'],
  );
});

test('slices of different waits are not joined: another wait_id, another run, or none', async (t) => {
  const one = CheckpointRoot.make(t);
  const two = CheckpointRoot.make(t);
  const server = await RunningServer.start(t, {
    flags: { run: [`one=${one.path}`, `two=${two.path}`], max_wait: '20ms' },
  });
  for (const query of ['run=one&wait_id=a', 'run=one&wait_id=b', 'run=two&wait_id=a', 'run=one'])
    assert.equal((await server.ok(server.get(`/wait?${query}&timeout=10`))).reason, 'max_wait');
  for (const run of ['one', 'two'])
    for (const id of ['a', 'b']) await server.ok(server.get(`/wait?run=${run}&wait_id=${id}&timeout=0`));
  assert.equal((await records(server)).length, 5);
});

test('a slice that there was no room for does not tear its wait apart', async (t) => {
  const { root, server } = await serve(t, { max_wait: '2', max_waits: '1' });
  assert.equal((await server.ok(server.get('/wait?until=1&timeout=10&wait_id=w'))).reason, 'max_wait');
  const other = server.ok(server.get('/wait?until=1&timeout=10'));
  await server.observed.next('waitStarted', ({ until }) => until === 1);
  await server.observed.next('waitStarted', ({ until }) => until === 1);
  await server.problem(server.get('/wait?until=1&timeout=10&wait_id=w'), 429, 'too_many_waits');
  await server.problem(server.get('/wait?until=7'), 429, 'too_many_waits');
  await other;
  root.save(1);
  await server.ok(server.get('/wait?until=1&timeout=10&wait_id=w'));
  const [joined, slice, ...others] = await records(server);
  assert.deepEqual([others.length, slice.outcome, joined.outcome], [0, 'timeout', 'reached']);
  assert.ok(joined.duration >= 4, `${joined.duration}`);
});
