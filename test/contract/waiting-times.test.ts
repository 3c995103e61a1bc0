import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { CheckpointRoot } from '../support/checkpoint-root.js';
import { eventually } from '../support/eventually.js';
import { FakeClock } from '../support/fake-clock.js';
import type { Json } from '../support/http-client.js';
import { RunningServer } from '../support/running-server.js';

/** A polled run whose time stands still until the test moves it. */
async function serve(t: TestContext, flags: Readonly<Record<string, unknown>> = {}) {
  const root = CheckpointRoot.make(t);
  const clock = new FakeClock();
  const server = await RunningServer.start(t, {
    clock,
    flags: { directory: root.path, watch: 'poll', poll_interval: '10', ...flags },
  });
  /** Moves time on, and gives every scan that falls due its turn. */
  const pass = async (seconds: number) => {
    clock.advance(seconds * 1_000);
    await server.ok(server.get('/steps'));
  };
  const states = async () => {
    const { items } = await server.ok(server.get('/steps?state=all'));
    return items.map(({ name, state }: Json) => `${name} ${state}`);
  };
  return { root, clock, server, pass, states };
}

/** A wait that has looked at what is there, and waits now. */
async function begin(server: RunningServer, query: string): Promise<{ readonly answer: Promise<Json> }> {
  const answer = server.ok(server.get(`/wait?${query}`));
  await server.observed.next('waitStarted');
  await looked(server);
  return { answer };
}

/** Resolves after a scan; what had fallen due before it has happened by then. */
async function looked(server: RunningServer): Promise<void> {
  await server.ok(server.get('/wait?timeout=0'));
}

test('a list shows the index, and that is at most one poll interval old', async (t) => {
  const { root, server, clock } = await serve(t);
  const latest = async () => (await server.ok(server.get('/steps'))).latest_step;
  root.save(1);
  clock.advance(9_000);
  assert.equal(await latest(), null);
  clock.advance(1_001);
  assert.equal(await latest(), 1);
});

for (const [query, seconds, reason, timeout] of [
  ['until=5', 30, 'timeout', 30],
  ['until=5&timeout=2.5', 2.5, 'timeout', 2.5],
  ['until=5&timeout=2h', 300, 'max_wait', 7_200],
  ['until=5&timeout=300', 300, 'timeout', 300],
] as const)
  test(`a wait with ${query} ends after ${seconds} seconds and not before, by ${reason}`, async (t) => {
    const { root, server, clock } = await serve(t);
    root.save(1);
    const waiting = await begin(server, query);
    clock.advance(seconds * 1_000 - 1);
    await looked(server);
    assert.ok(!server.observed.all('waitEnded').some(({ until }) => until === 5));
    clock.advance(1);
    const answer = await waiting.answer;
    assert.deepEqual([answer.reason, answer.waited, answer.timeout], [reason, seconds, timeout]);
    assert.match(answer.detail, /highest finalized step is 1/);
  });

test('where the filesystem gives no events a wait is answered within one poll interval', async (t) => {
  const { root, server, clock } = await serve(t);
  const waiting = await begin(server, 'until=7&timeout=200');
  root.save(7);
  clock.advance(10_000);
  const { step, waited } = await waiting.answer;
  assert.deepEqual([step, waited], [7, 10]);
});

test('an older step counts once its content stayed unchanged for the settle time, whatever happened before', async (t) => {
  const { root, server, pass, states } = await serve(t, { settle: '20' });
  root.saveUnmarked(1);
  await pass(10.001);
  assert.deepEqual(await states(), ['1 temporary']);
  await pass(19);
  writeFileSync(root.at(1, 'more'), 'data');
  await pass(10.001);
  await pass(10.001);
  assert.deepEqual(await states(), ['1 temporary']);
  await pass(10.001);
  assert.deepEqual(await states(), ['1 finalized']);
  assert.equal((await server.ok(server.get('/wait?until=1&timeout=0'))).step, 1);
});

test('a wait whose next slice does not come within a minute is recorded as cancelled', async (t) => {
  const { server, clock } = await serve(t, { max_wait: '5' });
  const slice = await begin(server, 'until=1&timeout=60&wait_id=w');
  clock.advance(5_000);
  assert.equal((await slice.answer).reason, 'max_wait');
  const outcomes = async () =>
    (await server.ok(server.get('/waits'))).items.map(({ outcome }: Json) => outcome);
  clock.advance(59_000);
  assert.deepEqual(await outcomes(), ['timeout']);
  clock.advance(1_001);
  assert.deepEqual(await outcomes(), ['cancelled', 'timeout']);
});

test('recorded waits are kept for seven days, or as long and as many as was set', async (t) => {
  const { server, clock } = await serve(t);
  const count = async () => (await server.ok(server.get('/waits/summary'))).count;
  const week = 7 * 24 * 60 * 60 * 1_000;
  for (let wait = 0; wait < 3; wait += 1) await server.ok(server.get('/wait?timeout=0'));
  clock.advance(1_000);
  clock.stall(week - 120_000);
  await server.ok(server.get('/wait?timeout=0'));
  assert.equal(await count(), 4);
  const isPruned = async () => {
    if (server.observed.all('retentionPruned').some(({ what, rows }) => what === 'waits' && rows === 3))
      return true;
    clock.advance(60_000);
    await server.get('/livez');
    return false;
  };
  assert.ok(await eventually(isPruned));
  assert.equal(await count(), 1);

  for (let wait = 0; wait < 3; wait += 1) await server.ok(server.get('/wait?timeout=0'));
  await server.restart({ retain_waits_count: '2' });
  clock.advance(1_000);
  await server.observed.next('retentionPruned', ({ what, rows }) => what === 'waits' && rows === 2);
  assert.equal(await count(), 2);
});
