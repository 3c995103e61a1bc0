import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import test from 'node:test';
import { exists } from './support/aftermath.js';
import { problem, Stage } from './support/stage.js';
import { Workers } from './support/workers.js';

const EVERY = { mode: 'every', start: 'earliest' };

test('PUT /consumers/{name} answers 201, then 200, with the consumer and its defaults', async (t) => {
  const stage = await Stage.set(t);
  await stage.save(10);
  const workers = new Workers(stage);

  const made = await workers.put({ mode: 'every' });
  const same = await workers.put({ mode: 'every' });

  assert.deepEqual([made.status, same.status], [201, 200]);
  const { created_at, ...shown } = made.body;
  assert.match(created_at, /^\d{4}-\d\d-\d\dT/);
  assert.deepEqual(shown, {
    name: 'c',
    run: 'r',
    mode: 'every',
    start: 'latest',
    every_k: 1,
    min_interval: 0,
    max_pending: 3,
    max_in_flight: 1,
    max_deliver: 5,
    ttl: 60,
    last_acked_step: null,
    pending: [10],
    in_flight: [],
    parked: [],
    lag: 1,
    last_error: null,
  });
  assert.deepEqual(same.body, made.body);
});

test('what PUT answers is held already', async (t) => {
  const stage = await Stage.set(t);
  await stage.save(10);
  const workers = await Workers.set(stage, EVERY);
  await stage.trainer.delete(10);

  assert.deepEqual(await workers.drain(), [10]);
});

test('mode and start cannot change: 409 consumer_exists; everything else can', async (t) => {
  const stage = await Stage.set(t);
  const workers = await Workers.set(stage, EVERY);
  problem(await workers.put({ mode: 'latest' }), 409, 'consumer_exists');
  problem(await workers.put({ mode: 'every', start: 'latest' }), 409, 'consumer_exists');
  problem(await workers.put({ mode: 'every', start: 10 }), 409, 'consumer_exists');

  const change = {
    every_k: 2,
    min_interval: 0.5,
    max_pending: 500,
    max_in_flight: 4,
    max_deliver: 1,
    ttl: 1.5,
  };
  const { status, body } = await workers.put({ mode: 'every', ...change });

  assert.equal(status, 200);
  const shown = Object.fromEntries(Object.keys(change).map((key) => [key, body[key]]));
  assert.deepEqual([shown, body['start']], [change, 'earliest'], 'start is kept where it is left out');
});

test('a higher max_pending makes room at once', async (t) => {
  const stage = await Stage.set(t);
  const workers = await Workers.set(stage, { ...EVERY, max_pending: 1 });
  for (const step of [10, 20]) await stage.save(step);
  await workers.held(10);

  await workers.put({ ...EVERY, max_pending: 2 });
  await stage.trainer.delete(20);

  assert.deepEqual(await workers.drain(), [10, 20]);
});

const REFUSED = [
  [{}, /mode/],
  [{ mode: 'all' }, /mode/],
  [{ mode: 'every', start: -1 }, /start/],
  [{ mode: 'every', start: 'first' }, /start/],
  [{ mode: 'every', every_k: 0 }, /every_k/],
  [{ mode: 'every', max_pending: 0 }, /max_pending/],
  [{ mode: 'every', max_in_flight: 1.5 }, /max_in_flight/],
  [{ mode: 'every', max_deliver: 0 }, /max_deliver/],
  [{ mode: 'every', min_interval: -1 }, /min_interval/],
  [{ mode: 'every', ttl: 0.5 }, /ttl/],
  [{ mode: 'every', ttl: 86_401 }, /ttl/],
  [{ mode: 'every', interval: 1 }, /interval/],
] as const;

test('PUT refuses what breaks a rule, and names it', async (t) => {
  const stage = await Stage.set(t);
  for (const [body, named] of REFUSED) {
    const { detail } = problem(await new Workers(stage).put(body), 400, 'invalid_request');
    assert.match(detail, named, JSON.stringify(body));
  }
  problem(await new Workers(stage, 'Upper').put(EVERY), 400, 'invalid_request');
});

test('a consumer that does not exist is 404 consumer_not_found, whatever its name', async (t) => {
  const stage = await Stage.set(t);
  for (const name of ['c', 'Upper', '%20']) {
    const path = `/consumers/${name}`;
    problem(await stage.get(`${path}?run=r`), 404, 'consumer_not_found');
    problem(await stage.get(`${path}/results?run=r`), 404, 'consumer_not_found');
    problem(await stage.post(`${path}/next?run=r`), 404, 'consumer_not_found');
    problem(await stage.call('DELETE', `${path}?run=r`), 404, 'consumer_not_found');
  }
});

test('consumers belong to a run; run may be left out while there is one', async (t) => {
  const stage = await Stage.set(t);
  await Workers.set(stage, EVERY);
  assert.equal((await stage.get('/consumers/c')).status, 200);
  await stage.call('PUT', '/runs/second', { body: { directory: stage.beside('second') } });

  problem(await stage.get('/consumers/c'), 400, 'run_required');
  problem(await stage.get('/consumers/c?run=second'), 404, 'consumer_not_found');
  problem(await stage.get('/consumers/c?run=third'), 404, 'run_not_found');
});

test('GET /consumers lists them by name, page by page', async (t) => {
  const stage = await Stage.set(t);
  for (const name of ['b', 'a', 'c']) await Workers.set(stage, EVERY, name);
  const names = async (query: string) => {
    const { body } = await stage.get(`/consumers?run=r${query}`);
    return [body.items.map((each: { name: string }) => each.name), body.next_page];
  };
  assert.deepEqual(await names(''), [['a', 'b', 'c'], null]);
  assert.deepEqual(await names('&limit=2'), [['a', 'b'], 'b']);
  assert.deepEqual(await names('&limit=2&page=b'), [['c'], null]);
});

test('a consumer shows what is pending, in flight, parked and acknowledged, and its lag', async (t) => {
  const stage = await Stage.set(t);
  for (const step of [10, 20, 30, 40, 50]) await stage.save(step);
  const settings = { ...EVERY, max_in_flight: 3, max_deliver: 1, max_pending: 9 };
  const workers = await Workers.set(stage, settings);
  const parked = await workers.delivery();
  assert.equal((await workers.nack(parked)).status, 200);
  const [second, third] = [await workers.delivery({ holder: 'eval-3' }), await workers.delivery()];
  assert.equal((await workers.ack(third)).status, 200);

  const shown = await workers.show();

  assert.equal(shown.last_acked_step, null, 'the one before is not acknowledged');
  assert.deepEqual(shown.pending, [40, 50]);
  assert.deepEqual(shown.in_flight, [{ step: 20, number: second.number, attempt: 1, holder: 'eval-3' }]);
  assert.deepEqual(
    shown.parked.map(({ step, attempts }) => [step, attempts]),
    [[10, 1]],
  );
  assert.equal(shown.lag, 2);
  assert.equal((await workers.ack(second)).status, 200);
  assert.equal((await workers.show()).last_acked_step, 30);
});

test('DELETE answers 204 and drops the consumer and its holds; its lease stays with the worker', async (t) => {
  const stage = await Stage.set(t);
  for (const step of [10, 20]) await stage.save(step);
  const workers = await Workers.set(stage, EVERY);
  const lease = await workers.delivery();
  assert.equal((await stage.run()).snapshots.count, 2);

  assert.equal((await workers.remove()).status, 204);

  assert.equal((await stage.run()).snapshots.count, 1);
  assert.equal((await stage.renew(lease)).status, 200);
  problem(await workers.ack(lease), 404, 'consumer_not_found');
  assert.equal((await stage.release(lease)).status, 204);
  assert.equal(await exists(lease.path), false);
});

test('a consumer made anew begins anew', async (t) => {
  const stage = await Stage.set(t);
  await stage.save(10);
  const workers = await Workers.set(stage, EVERY);
  const old = await workers.delivery();
  assert.equal((await workers.remove()).status, 204);
  await Workers.set(stage, EVERY);

  assert.deepEqual(await workers.results(), []);
  problem(await workers.ack(old), 404, 'consumer_not_found');
  assert.deepEqual(await workers.drain(), [10]);
});

test('a worker that waits is told that its consumer was removed', async (t) => {
  const stage = await Stage.set(t);
  const workers = await Workers.set(stage, EVERY);
  const waiting = workers.next({ timeout: 30 });
  await stage.observed.next('waitStarted');

  assert.equal((await workers.remove()).status, 204);

  problem(await waiting, 404, 'consumer_not_found');
});

test('DELETE /runs/{run} is 409 run_in_use with consumers; with force they go', async (t) => {
  const stage = await Stage.set(t);
  await stage.save(10);
  const workers = await Workers.set(stage, EVERY);
  problem(await stage.call('DELETE', '/runs/r'), 409, 'run_in_use');
  const lease = await workers.delivery();
  const waiting = workers.next({ timeout: 30 });
  await stage.observed.next('waitStarted');
  await stage.observed.next('waitStarted');

  assert.equal((await stage.call('DELETE', '/runs/r?force=true')).status, 204);

  problem(await waiting, 404, 'run_not_found');
  assert.equal((await stage.show(lease)).state, 'broken');
  await stage.event('snapshot.deleted', '10');
  assert.equal(await exists(lease.path), false);
  assert.equal((await stage.configure()).status, 201);
  problem(await stage.get('/consumers/c?run=r'), 404, 'consumer_not_found');
});

test('a change that moves paths needs no holds: 409 run_in_use', async (t) => {
  const stage = await Stage.set(t);
  await stage.save(10);
  const workers = await Workers.set(stage, EVERY);
  problem(await stage.configure({ snapshot_layout: 'orbax' }), 409, 'run_in_use');

  await workers.drain();

  assert.equal((await stage.configure({ snapshot_layout: 'orbax' })).status, 200);
});

test('while the directory cannot be read no consumer is made: 503 run_unavailable', async (t) => {
  const stage = await Stage.set(t);
  await rm(stage.root, { recursive: true });
  await writeFile(stage.root, 'no directory');

  problem(await new Workers(stage).put(EVERY), 503, 'run_unavailable');
});
