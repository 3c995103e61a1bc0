import assert from 'node:assert/strict';
import { mkdirSync, renameSync, rmSync, unlinkSync } from 'node:fs';
import { test } from 'node:test';
import { CheckpointRoot } from '../support/checkpoint-root.js';
import type { Json } from '../support/http-client.js';
import { RunningServer } from '../support/running-server.js';

async function serve(
  t: Parameters<typeof RunningServer.start>[0],
  flags: Readonly<Record<string, unknown>> = {},
) {
  const root = CheckpointRoot.make(t);
  const server = await RunningServer.start(t, {
    flags: { directory: root.path, poll_interval: '0.05', ...flags },
  });
  return { root, server };
}

const waitStarted = (server: RunningServer) => server.observed.next('waitStarted');

test('a step that exists answers at once, with the highest step and not the one asked for', async (t) => {
  const { root, server } = await serve(t);
  for (const step of [10, 20, 30]) root.save(step);
  const answer = await server.ok(server.get('/wait?until=15'));
  assert.deepEqual(
    { ...answer, cursor: null, waited: null, item: answer.item.step },
    {
      kind: 'wait',
      run: 'default',
      satisfied: true,
      step: 30,
      reason: 'reached',
      cursor: null,
      waited: null,
      timeout: 30,
      item: 30,
    },
  );
});

test('without until any step satisfies', async (t) => {
  const { root, server } = await serve(t);
  const waiting = server.ok(server.get('/wait'));
  await waitStarted(server);
  root.save(0);
  assert.equal((await waiting).step, 0);
});

test('a lower step does not satisfy, the first high enough does', async (t) => {
  const { root, server } = await serve(t);
  const waiting = server.ok(server.get('/wait?until=100'));
  await waitStarted(server);
  root.save(50);
  await server.observed.next('eventAppended', ({ subject }) => subject === '50');
  root.save(120);
  assert.equal((await waiting).step, 120);
});

test('a timeout is answered with step -1, its reason, and what there is', async (t) => {
  const { root, server } = await serve(t);
  root.save(5);
  const { satisfied, step, reason, detail, timeout, waited } = await server.ok(
    server.get('/wait?until=6&timeout=100ms'),
  );
  assert.deepEqual([satisfied, step, reason, timeout], [false, -1, 'timeout', 0.1]);
  assert.ok(waited >= 0.1);
  assert.match(detail, /highest finalized step is 5/);
});

for (const [text, seconds] of [
  ['2', 2],
  ['2s', 2],
  ['0.05m', 3],
  ['250ms', 0.25],
  ['0.001h', 3.6],
] as const) {
  test(`a timeout of ${text} is ${seconds} seconds`, async (t) => {
    const { root, server } = await serve(t);
    root.save(1);
    assert.equal((await server.ok(server.get(`/wait?timeout=${text}`))).timeout, seconds);
  });
}

test('timeout=0 still makes one fresh scan', async (t) => {
  const { root, server } = await serve(t, { watch: 'poll', poll_interval: '60' });
  assert.equal((await server.ok(server.get('/wait?timeout=0'))).reason, 'timeout');
  root.save(1);
  assert.equal((await server.ok(server.get('/wait?timeout=0'))).step, 1);
});

test('a timeout is answered only after a fresh scan: a step that nobody announced wins over it', async (t) => {
  const { root, server } = await serve(t, { watch: 'poll', poll_interval: '60' });
  await server.ok(server.get('/steps'));
  const waiting = server.ok(server.get('/wait?timeout=300ms'));
  await waitStarted(server);
  root.save(1);
  assert.equal((await waiting).step, 1);
});

test('a finished run ends unsatisfied waits, and a present step wins all the same', async (t) => {
  const { root, server } = await serve(t);
  root.save(10);
  const waiting = server.ok(server.get('/wait?until=11'));
  await waitStarted(server);
  await server.ok(server.post('/runs/default/finish', { reason: 'trained' }));
  const { satisfied, reason, detail } = await waiting;
  assert.deepEqual([satisfied, reason], [false, 'finished']);
  assert.match(detail, /trained/);
  assert.equal((await server.ok(server.get('/wait?until=10'))).step, 10);
  assert.equal((await server.ok(server.get('/wait?until=11'))).reason, 'finished');
});

test('a step finalized after the finish undoes it, and so does reopen', async (t) => {
  const { root, server } = await serve(t);
  await server.ok(server.post('/runs/default/finish'));
  root.save(1);
  await server.ok(server.get('/wait?until=1'));
  assert.equal((await server.ok(server.get('/runs/default'))).state, 'watching');
  assert.equal((await server.ok(server.post('/runs/default/finish'))).state, 'finished');
  await server.restart();
  assert.equal((await server.ok(server.get('/runs/default'))).state, 'finished');
  assert.equal((await server.ok(server.post('/runs/default/reopen'))).state, 'watching');
});

test("the server's cap ends a longer wait with max_wait", async (t) => {
  const { server } = await serve(t, { max_wait: '100ms' });
  const { reason, timeout } = await server.ok(server.get('/wait?timeout=10'));
  assert.deepEqual([reason, timeout], ['max_wait', 10]);
  assert.equal((await server.ok(server.get('/wait?timeout=50ms'))).reason, 'timeout');
});

test('wait_id joins the slices of one wait into one record', async (t) => {
  const { root, server } = await serve(t, { max_wait: '100ms' });
  for (let slice = 0; slice < 2; slice += 1) {
    assert.equal((await server.ok(server.get('/wait?timeout=10&wait_id=w'))).reason, 'max_wait');
  }
  root.save(1);
  await server.ok(server.get('/wait?timeout=10&wait_id=w'));
  const { items } = await server.ok(server.get('/waits'));
  assert.equal(items.length, 1);
  assert.equal(items[0].outcome, 'reached');
  assert.ok(items[0].duration >= 0.2);
});

test('after asks for the first step finalized behind the cursor, lower-numbered and rewritten ones included', async (t) => {
  const { root, server } = await serve(t);
  root.save(10);
  await server.ok(server.get('/wait?until=10'));
  const { cursor } = await server.ok(server.get('/steps'));
  root.save(3);
  const lower = await server.ok(server.get(`/wait?after=${cursor}`));
  assert.equal(lower.step, 3);
  assert.equal((await server.ok(server.get(`/wait?after=${lower.cursor}&timeout=0`))).satisfied, false);
  root.delete(10);
  root.save(10);
  const rewritten = await server.ok(server.get(`/wait?after=${lower.cursor}`));
  assert.equal(rewritten.step, 10);
});

test('after misses no step, however fast they come', async (t) => {
  const { root, server } = await serve(t);
  let { cursor } = await server.ok(server.get('/steps'));
  const steps = Array.from({ length: 20 }, (_, index) => index);
  for (const step of steps) root.save(step);
  const seen: number[] = [];
  for (const _ of steps) {
    const answer = await server.ok(server.get(`/wait?after=${cursor}`));
    seen.push(answer.step);
    cursor = answer.cursor;
  }
  assert.deepEqual(
    seen.sort((a, b) => a - b),
    steps,
  );
});

test('a cursor that is malformed or of another store is 410 cursor_expired with the current one', async (t) => {
  const { server } = await serve(t);
  for (const cursor of [
    'nonsense',
    'abcdef.1',
    '%00',
    `${(await server.ok(server.get('/steps'))).cursor}zzz`,
  ]) {
    const { cursor: current } = await server.problem(
      server.get(`/wait?after=${cursor}`),
      410,
      'cursor_expired',
    );
    await server.ok(server.get(`/wait?after=${current}&timeout=0`));
  }
});

test('a run whose directory does not exist yet waits, and answers when the step comes with it', async (t) => {
  const { root, server } = await serve(t);
  rmSync(root.path, { recursive: true });
  assert.equal((await server.ok(server.get('/wait?timeout=0'))).reason, 'timeout');
  const waiting = server.ok(server.get('/wait?until=1'));
  await waitStarted(server);
  mkdirSync(root.path);
  root.save(1);
  assert.equal((await waiting).step, 1);
});

for (const until of ['-1', '1.5', '1152921504606846976', 'ten', '', '1e3', ' 5', '0x10']) {
  test(`until "${until}" is refused, and named`, async (t) => {
    const { server } = await serve(t);
    const { detail } = await server.problem(
      server.get(`/wait?until=${encodeURIComponent(until)}`),
      400,
      'invalid_request',
    );
    assert.ok(
      detail.includes(until) && detail.includes('until') && detail.includes('9007199254740991'),
      detail,
    );
  });
}

test('unknown parameters are refused, and named', async (t) => {
  const { server } = await serve(t);
  const { detail } = await server.problem(server.get('/wait?untill=5'), 400, 'invalid_request');
  assert.match(detail, /untill/);
});

test('a client that hangs up frees its waiter at once, and is recorded as cancelled', async (t) => {
  const { server } = await serve(t);
  const hangUp = new AbortController();
  const waiting = server.get('/wait?timeout=60', { signal: hangUp.signal });
  await waitStarted(server);
  hangUp.abort();
  await assert.rejects(waiting);
  await server.observed.next('waitEnded', ({ outcome }) => outcome === 'cancelled');
  assert.equal((await server.ok(server.get('/waits/summary'))).cancelled, 1);
});

test('more waits than the server takes are 429 with Retry-After', async (t) => {
  const { root, server } = await serve(t, { max_waits: '1' });
  const waiting = server.ok(server.get('/wait?until=1'));
  await waitStarted(server);
  const refused = server.get('/wait?until=1');
  await server.problem(refused, 429, 'too_many_waits');
  assert.ok(Number((await refused).headers.get('retry-after')) > 0);
  root.save(1);
  await waiting;
});

test('waits end with 503 shutting_down when the server stops', async (t) => {
  const { server } = await serve(t);
  const waiting = server.get('/wait?timeout=60');
  await waitStarted(server);
  await server.drain();
  await server.problem(waiting, 503, 'shutting_down');
  assert.ok(Number((await waiting).headers.get('retry-after')) > 0);
});

test('ended waits are recorded the newest first, and summed up in seconds', async (t) => {
  const { root, server } = await serve(t);
  await server.ok(server.get('/wait?until=7&timeout=100ms'));
  root.save(7);
  await server.ok(server.get('/wait?until=7'));
  await server.ok(server.post('/leases', { until: 7 }), 201);
  const { items } = await server.ok(server.get('/waits'));
  assert.deepEqual(
    items.map(({ run, until, outcome, step, source }: Json) => [run, until, outcome, step, source]),
    [
      ['default', 7, 'reached', 7, 'lease'],
      ['default', 7, 'reached', 7, 'wait'],
      ['default', 7, 'timeout', null, 'wait'],
    ],
  );
  const first = await server.ok(server.get('/waits?limit=2'));
  const second = await server.ok(server.get(`/waits?limit=2&page=${first.next_page}`));
  assert.deepEqual([...first.items, ...second.items], items);
  const summary = await server.ok(server.get('/waits/summary'));
  assert.deepEqual(
    [summary.count, summary.reached, summary.timeout, summary.finished, summary.cancelled],
    [3, 2, 1, 0, 0],
  );
  assert.ok(summary.max >= 0.1 && summary.p50 <= summary.p90 && summary.p99 <= summary.max);
});

test('a step that is being deleted is passed over for what remains', async (t) => {
  const { root, server } = await serve(t);
  for (const step of [1, 2]) root.save(step);
  await server.ok(server.get('/wait?until=2'));
  unlinkSync(root.at(2, '_CHECKPOINT_METADATA'));
  assert.equal((await server.ok(server.get('/wait'))).step, 1);
});

test('a wait is answered by events of the filesystem, long before the next poll', async (t) => {
  const { root, server } = await serve(t, { poll_interval: '3600' });
  for (const step of [1, 2, 3]) {
    const waiting = server.ok(server.get(`/wait?until=${step}`));
    await waitStarted(server);
    root.save(step);
    assert.equal((await waiting).step, step);
  }
});

test('where the run is polled a wait is answered all the same', async (t) => {
  const { root, server } = await serve(t, { watch: 'poll' });
  assert.equal((await server.ok(server.get('/runs/default'))).watch.mode, 'poll');
  const waiting = server.ok(server.get('/wait?until=1'));
  await waitStarted(server);
  root.save(1);
  assert.equal((await waiting).step, 1);
});

test('many waits share the scans of one run', async (t) => {
  const { root, server } = await serve(t, { watch: 'poll', poll_interval: '3600' });
  const waits = Array.from({ length: 200 }, () => server.ok(server.get('/wait?until=1&timeout=20')));
  for (const _ of waits) await waitStarted(server);
  const before = server.observed.all('scanFinished').length;
  root.save(1);
  await server.ok(server.get('/wait?until=1&timeout=0'));
  for (const { step } of await Promise.all(waits)) assert.equal(step, 1);
  assert.ok(server.observed.all('scanFinished').length - before <= 3);
});

test('finish acts only after a scan: a step that nobody announced wins over it', async (t) => {
  const { root, server } = await serve(t, { watch: 'poll', poll_interval: '3600' });
  const waiting = server.ok(server.get('/wait?until=1'));
  await waitStarted(server);
  root.save(1);
  assert.equal((await server.ok(server.post('/runs/default/finish'))).latest_step, 1);
  assert.equal((await waiting).step, 1);
});

test('finish is idempotent and keeps its reason; reopen makes waits wait again', async (t) => {
  const { root, server } = await serve(t);
  await server.ok(server.post('/runs/default/finish', { reason: 'trained' }));
  const again = await server.ok(server.post('/runs/default/finish'));
  assert.deepEqual([again.state, again.reason], ['finished', 'trained']);
  await server.ok(server.post('/runs/default/reopen'));
  assert.equal((await server.ok(server.post('/runs/default/reopen'))).state, 'watching');
  const types = (await server.ok(server.get('/events'))).items.map((event: Json) => event.type);
  assert.deepEqual(types.slice(-2), ['run.finished', 'run.reopened']);
  const waiting = server.ok(server.get('/wait?until=1'));
  await waitStarted(server);
  root.save(1);
  assert.equal((await waiting).step, 1);
});

test('with after, a step that is there again wins over finished, and none is finished', async (t) => {
  const { root, server } = await serve(t);
  const { cursor } = await server.ok(server.get('/steps'));
  root.save(1);
  await server.ok(server.get('/wait?until=1'));
  await server.ok(server.post('/runs/default/finish'));
  const first = await server.ok(server.get(`/wait?after=${cursor}`));
  assert.equal(first.step, 1);
  assert.equal((await server.ok(server.get(`/wait?after=${first.cursor}`))).reason, 'finished');
});

test('after passes over steps that are gone by now', async (t) => {
  const { root, server } = await serve(t);
  const { cursor } = await server.ok(server.get('/steps'));
  for (const step of [1, 2, 3]) {
    root.save(step);
    await server.ok(server.get(`/wait?until=${step}`));
  }
  root.delete(1);
  root.deletePartly(2);
  assert.equal((await server.ok(server.get(`/wait?after=${cursor}`))).step, 3);
});

test('a step that is half gone at first sight is never waited for', async (t) => {
  const { root, server } = await serve(t);
  root.save(1);
  root.write(2);
  rmSync(root.at('2.orbax-checkpoint-tmp', 'default'), { recursive: true });
  renameSync(root.at('2.orbax-checkpoint-tmp'), root.at(2));
  assert.equal((await server.ok(server.get('/wait?until=1'))).step, 1);
  assert.equal((await server.ok(server.get('/wait?until=2&timeout=100ms'))).satisfied, false);
});

test('a step that is deleted while it is waited for is no answer, the one after it is', async (t) => {
  const { root, server } = await serve(t);
  const waiting = server.ok(server.get('/wait?until=2'));
  await waitStarted(server);
  root.save(1);
  await server.observed.next('eventAppended', ({ subject }) => subject === '1');
  root.delete(1);
  root.save(3);
  assert.equal((await waiting).step, 3);
});

test('a client that hangs up makes room for another at once', async (t) => {
  const { root, server } = await serve(t, { max_waits: '1' });
  const hangUp = new AbortController();
  const waiting = server.get('/wait?until=1', { signal: hangUp.signal });
  await waitStarted(server);
  hangUp.abort();
  await assert.rejects(waiting);
  await server.observed.next('waitEnded');
  const next = server.ok(server.get('/wait?until=1'));
  await waitStarted(server);
  root.save(1);
  assert.equal((await next).step, 1);
});

for (const timeout of ['-1', 'soon', '1e3', '', '5 s', '1d', 'Infinity', '99999999999']) {
  test(`timeout "${timeout}" is refused, with the rule`, async (t) => {
    const { server } = await serve(t);
    const { detail } = await server.problem(
      server.get(`/wait?timeout=${encodeURIComponent(timeout)}`),
      400,
      'invalid_request',
    );
    assert.match(detail, /"timeout".*duration such as 30, 30s, 1\.5m, 2h or 250ms/);
  });
}
