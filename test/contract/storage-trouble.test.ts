import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { CheckpointRoot } from '../support/checkpoint-root.js';
import { RunningServer } from '../support/running-server.js';
import { Interference } from './support/interference.js';

/** A server whose database can be made to fail. */
async function serve(t: TestContext, flags: Readonly<Record<string, unknown>> = {}) {
  const root = CheckpointRoot.make(t);
  root.save(1);
  const interference = new Interference();
  const { around } = interference;
  const server = await RunningServer.start(t, {
    flags: { directory: root.path, poll_interval: '0.05', ...flags },
    around,
  });
  const failing = async (method: string, path: string, body: unknown = undefined) => {
    interference.storeFault = new Error('disk I/O error');
    const { status } = await server.call(method, path, { body });
    interference.storeFault = null;
    return status;
  };
  return { root, server, interference, failing };
}

test('a run whose change cannot be stored stays as it was, and is watched on', async (t) => {
  const { root, server, failing } = await serve(t, { watch: 'poll' });
  const before = await server.ok(server.get('/runs/default'));
  const body = { directory: root.path, step_prefix: 'other' };
  assert.equal(await failing('PUT', '/runs/default', body), 500);
  assert.deepEqual((await server.ok(server.get('/runs/default'))).options, before.options);
  root.save(2);
  await server.observed.next('eventAppended', ({ subject }) => subject === '2');
});

test('a run whose removal cannot be stored is there still, and is watched on', async (t) => {
  const { root, server, failing } = await serve(t, { watch: 'poll' });
  assert.equal(await failing('DELETE', '/runs/default'), 500);
  assert.equal((await server.ok(server.get('/runs/default'))).state, 'watching');
  root.save(2);
  await server.observed.next('eventAppended', ({ subject }) => subject === '2');
  assert.equal((await server.ok(server.get('/wait?until=2'))).step, 2);
  await server.ok(server.delete('/runs/default'), 204);
});

test('a finish that cannot be stored finishes nothing', async (t) => {
  const { server, failing } = await serve(t);
  assert.equal(await failing('POST', '/runs/default/finish'), 500);
  assert.equal((await server.ok(server.get('/runs/default'))).state, 'watching');
  assert.equal((await server.ok(server.get('/wait?until=2&timeout=0'))).reason, 'timeout');
});

test('a run that cannot be stored is not there', async (t) => {
  const { root, server, failing } = await serve(t, { allow_root: ['/'] });
  const directory = root.at('below');
  assert.equal(await failing('PUT', '/runs/new', { directory }), 500);
  await server.problem(server.get('/runs/new'), 404, 'run_not_found');
  await server.ok(server.put('/runs/new', { directory }), 201);
});

test('a step that cannot be stored is found once it can, and told of once', async (t) => {
  const { root, server, interference } = await serve(t);
  const { cursor } = await server.ok(server.get('/steps'));
  interference.storeFault = new Error('disk I/O error');
  root.save(2);
  await server.observed.next('scanFailed');
  interference.storeFault = null;
  assert.equal((await server.ok(server.get('/wait?until=2'))).step, 2);
  const { items } = await server.ok(server.get(`/events?after=${cursor}`));
  assert.equal(items.length, 1);
});
