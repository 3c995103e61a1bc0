import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { CheckpointRoot } from '../support/checkpoint-root.js';
import type { Json } from '../support/http-client.js';
import { RunningServer } from '../support/running-server.js';

/** A run with these steps that was watched, known in full, and is not watched now. */
async function stopped(t: TestContext, steps: readonly number[]) {
  const root = CheckpointRoot.make(t);
  for (const step of steps) root.save(step);
  const server = await RunningServer.start(t, { flags: { directory: root.path, poll_interval: '0.05' } });
  const before: Json[] = [];
  for (const step of steps) before.push(await server.ok(server.get(`/steps/${step}`)));
  const { cursor } = await server.ok(server.get('/steps'));
  await server.stop();
  return { root, server, cursor, before };
}

async function eventsSince(server: RunningServer, cursor: string): Promise<readonly Json[]> {
  return (await server.ok(server.get(`/events?after=${cursor}`))).items;
}

const told = (events: readonly Json[]) => events.map(({ type, subject }) => `${type} ${subject}`);

test('what happened while the server was away is told of: saved, deleted and rewritten steps', async (t) => {
  const { root, server, cursor, before } = await stopped(t, [1, 2, 3]);
  root.delete(1);
  root.delete(2);
  root.save(2);
  root.save(4);
  await server.begin();
  const events = await eventsSince(server, cursor);
  assert.deepEqual(told(events).sort(), ['step.deleted 1', 'step.finalized 2', 'step.finalized 4']);
  const rewritten = events.find(({ subject }) => subject === '2');
  assert.equal(rewritten.data.previous_generation, before[1].generation);
  assert.notEqual(rewritten.data.generation, before[1].generation);
});

test('a cursor from before a restart goes on after it', async (t) => {
  const { root, server, cursor } = await stopped(t, [1]);
  root.save(2);
  await server.begin();
  assert.equal((await server.ok(server.get(`/wait?after=${cursor}&timeout=0`))).step, 2);
});

test('a run copied to another disk keeps its generations: same names, commit times and inventories', async (t) => {
  const { root, server, cursor, before } = await stopped(t, [1, 2]);
  execFileSync('cp', ['-a', root.path, `${root.path}.copy`]);
  rmSync(root.path, { recursive: true });
  renameSync(`${root.path}.copy`, root.path);
  await server.begin();
  const { items } = await server.ok(server.get('/steps'));
  assert.deepEqual(
    items.map((item: Json) => item.generation),
    before.map(({ generation }) => generation),
  );
  assert.deepEqual(told(await eventsSince(server, cursor)), []);
});

test('a step that was copied with another content is a new generation', async (t) => {
  const { root, server, before } = await stopped(t, [1]);
  execFileSync('cp', ['-a', root.at(1), root.at('copy')]);
  writeFileSync(root.at('copy', 'default', 'further'), 'data');
  rmSync(root.at(1), { recursive: true });
  renameSync(root.at('copy'), root.at(1));
  await server.begin();
  assert.notEqual((await server.ok(server.get('/steps/1'))).generation, before[0].generation);
});

test('a step that lost files while the server was away is deleting, and never waited for', async (t) => {
  const { root, server, cursor } = await stopped(t, [1, 2]);
  const [lost = ''] = execFileSync('find', [root.at(2, 'default'), '-type', 'f'])
    .toString()
    .split('\n');
  unlinkSync(lost);
  await server.begin();
  assert.equal((await server.ok(server.get('/wait'))).step, 1);
  const step = await server.ok(server.get('/steps/2'));
  assert.equal(step.state, 'deleting');
  assert.match(step.reason, /1 of its 15 files have vanished/);
  assert.deepEqual(told(await eventsSince(server, cursor)), ['step.deleted 2']);
});

test('a step that was deleting stays so', async (t) => {
  const root = CheckpointRoot.make(t);
  root.save(1);
  const server = await RunningServer.start(t, { flags: { directory: root.path, poll_interval: '0.05' } });
  await server.ok(server.get('/steps/1'));
  root.deletePartly(1);
  assert.equal((await server.ok(server.get('/wait?timeout=0'))).satisfied, false);
  const { cursor } = await server.ok(server.get('/steps'));
  await server.restart();
  assert.equal((await server.ok(server.get('/steps/1'))).state, 'deleting');
  assert.deepEqual(told(await eventsSince(server, cursor)), []);
});

test('files added to a step while the server was away take nothing from it', async (t) => {
  const { root, server, cursor, before } = await stopped(t, [1]);
  writeFileSync(root.at(1, 'notes.txt'), 'added later');
  await server.begin();
  const after = await server.ok(server.get('/steps/1'));
  assert.deepEqual([after.state, after.generation], ['finalized', before[0].generation]);
  assert.deepEqual(told(await eventsSince(server, cursor)), []);
});

test('a run whose directory went while the server was away waits for it, without its steps', async (t) => {
  const { root, server, cursor } = await stopped(t, [1]);
  renameSync(root.path, `${root.path}.aside`);
  await server.begin();
  const run = await server.ok(server.get('/runs/default'));
  assert.deepEqual([run.state, run.step_count], ['waiting_for_directory', 0]);
  assert.ok(told(await eventsSince(server, cursor)).includes('step.deleted 1'));
});

test('a finished run stays finished, unless a step was finalized while the server was away', async (t) => {
  const root = CheckpointRoot.make(t);
  root.save(1);
  const server = await RunningServer.start(t, { flags: { directory: root.path, poll_interval: '0.05' } });
  await server.ok(server.post('/runs/default/finish', { reason: 'trained' }));
  await server.restart();
  const finished = await server.ok(server.get('/runs/default'));
  assert.deepEqual([finished.state, finished.reason], ['finished', 'trained']);
  await server.stop();
  root.save(2);
  await server.begin();
  await server.ok(server.get('/wait?until=2'));
  assert.equal((await server.ok(server.get('/runs/default'))).state, 'watching');
});

test('an older step that had settled needs no second time to settle', async (t) => {
  const root = CheckpointRoot.make(t);
  root.saveUnmarked(1);
  const server = await RunningServer.start(t, { flags: { directory: root.path, poll_interval: '0.05' } });
  await server.ok(server.get('/wait?until=1'));
  await server.restart({ poll_interval: '3600' });
  assert.equal((await server.ok(server.get('/wait?until=1&timeout=0'))).step, 1);
});
