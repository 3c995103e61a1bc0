import assert from 'node:assert/strict';
import { mkdirSync, unlinkSync, writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { CheckpointRoot } from '../support/checkpoint-root.js';
import type { Json } from '../support/http-client.js';
import { RunningServer } from '../support/running-server.js';

/** A run that is there to be changed, with step 1 whole and step 2 without its commit file. */
async function changeable(t: TestContext) {
  const root = CheckpointRoot.make(t);
  for (const step of [1, 2]) root.save(step);
  unlinkSync(root.at(2, 'commit_success.txt'));
  const server = await RunningServer.start(t, { flags: { allow_root: [root.path] } });
  const put = (options: Readonly<Record<string, unknown>>) =>
    server.ok(server.put('/runs/r', { directory: root.path, ...options }), 200);
  const states = async () => {
    const { items } = await server.ok(server.get('/steps?state=all'));
    return items.map((item: Json) => `${item.name} ${item.state}: ${item.reason}`);
  };
  await server.ok(server.put('/runs/r', { directory: root.path, commit_mode: 'atomic_rename' }), 201);
  return { root, server, put, states };
}

const RENAMED = 'finalized: was renamed to its final name';

test('another commit mode judges the steps anew, and events tell what that changed', async (t) => {
  const { server, put, states } = await changeable(t);
  assert.deepEqual(await states(), [`1 ${RENAMED}`, `2 ${RENAMED}`]);
  const { cursor, items: before } = await server.ok(server.get('/steps'));

  await put({ commit_mode: 'commit_file' });
  assert.deepEqual(await states(), [
    '1 finalized: holds commit_success.txt',
    '2 temporary: commit_success.txt is missing',
  ]);
  assert.equal((await server.ok(server.get('/wait'))).step, 1);

  await put({ commit_mode: 'atomic_rename' });
  assert.deepEqual(await states(), [`1 ${RENAMED}`, `2 ${RENAMED}`]);
  const { items: after } = await server.ok(server.get('/steps'));
  assert.deepEqual(
    after.map((item: Json) => item.generation),
    before.map((item: Json) => item.generation),
  );
  const { items: events } = await server.ok(server.get(`/events?after=${cursor}`));
  assert.deepEqual(
    events.map((event: Json) => `${event.type} ${event.subject}`),
    ['step.deleted 2', 'step.finalized 2'],
  );
});

test('the marker of another writer says which steps are finished, and another marker judges them anew', async (t) => {
  const { root, put, states } = await changeable(t);
  await put({ commit_marker: 'DONE' });
  assert.deepEqual(await states(), ['1 temporary: DONE is missing', '2 temporary: DONE is missing']);

  writeFileSync(root.at(2, 'DONE'), '');
  await put({ commit_marker: 'DONE', settle: 0.1 });
  await put({ commit_marker: 'commit_success.txt', settle: 0.1 });
  assert.deepEqual(await states(), [
    '1 finalized: holds commit_success.txt',
    '2 temporary: commit_success.txt is missing',
  ]);
});

test('a step counts once its marker is there', async (t) => {
  const { root, server, put } = await changeable(t);
  await put({ commit_marker: 'DONE', settle: 0.1, poll_interval: 0.05 });
  const waiting = server.ok(server.get('/wait?until=2&timeout=20'));
  await server.observed.next('waitStarted');

  writeFileSync(root.at(2, 'DONE'), '');

  const { step, item } = await waiting;
  assert.deepEqual([step, item.reason], [2, 'holds DONE']);
});

test('another commit mode on the command line does so, too', async (t) => {
  const root = CheckpointRoot.make(t);
  for (const step of [1, 2]) root.save(step);
  unlinkSync(root.at(2, 'commit_success.txt'));
  const server = await RunningServer.start(t, { flags: { directory: root.path } });
  await server.ok(server.get('/steps/2'));
  await server.restart({ commit_mode: 'commit_file' });
  const { items } = await server.ok(server.get('/steps?state=all'));
  assert.deepEqual(
    items.map((item: Json) => `${item.name} ${item.state}`),
    ['1 finalized', '2 temporary'],
  );
});

test('a directory that becomes the snapshot directory is listed no longer, and is again when it is none', async (t) => {
  const { root, server, put } = await changeable(t);
  mkdirSync(root.at('snaps'));
  const names = async () => {
    const { items } = await server.ok(server.get('/steps?state=all'));
    return items.map((item: Json) => item.name);
  };
  await put({ poll_interval: 0.05 });
  assert.deepEqual(await names(), ['1', '2', 'snaps']);
  await put({ snapshot_dir: root.at('snaps') });
  assert.deepEqual(await names(), ['1', '2']);
  await put({});
  assert.deepEqual(await names(), ['1', '2', 'snaps']);
});

test('a wait goes on while its run is changed, by the new rules', async (t) => {
  const { root, server, put } = await changeable(t);
  const waiting = server.ok(server.get('/wait?until=7'));
  await server.observed.next('waitStarted');
  await put({ step_prefix: 'ckpt' });
  root.save(7);
  root.save(8, { name: 'ckpt_8' });
  const { step, item } = await waiting;
  assert.deepEqual([step, item.name], [8, 'ckpt_8']);
});
