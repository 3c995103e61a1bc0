import assert from 'node:assert/strict';
import { renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { CheckpointRoot } from '../support/checkpoint-root.js';
import { RunningServer } from '../support/running-server.js';

async function serve(t: TestContext, flags: Readonly<Record<string, unknown>> = {}) {
  const root = CheckpointRoot.make(t);
  const server = await RunningServer.start(t, {
    flags: { directory: root.path, poll_interval: '0.05', ...flags },
  });
  return { root, server };
}

test('a run that its own last look reopens does not end the wait as finished', async (t) => {
  const { root, server } = await serve(t, { watch: 'poll', poll_interval: '60' });
  const temporary = root.write(20);
  await server.ok(server.post('/runs/default/finish'));
  renameSync(temporary, root.at(20));
  const answer = await server.ok(server.get('/wait?until=100&timeout=200ms'));
  assert.deepEqual([answer.reason, answer.waited >= 0.2], ['timeout', true]);
  assert.match(answer.detail, /highest finalized step is 20/);
});

test('the cursor of a wait that ended while the directory was away still has the steps behind it', async (t) => {
  const { root, server } = await serve(t);
  const { cursor: start } = await server.ok(server.get('/steps'));
  root.save(5);
  await server.ok(server.get('/wait?until=5'));
  renameSync(root.path, `${root.path}.aside`);
  writeFileSync(root.path, '');
  await server.observed.next('runStateChanged', ({ to }) => to === 'unavailable');
  const { reason, cursor } = await server.ok(server.get(`/wait?after=${start}&timeout=0`));
  assert.equal(reason, 'timeout');
  unlinkSync(root.path);
  renameSync(`${root.path}.aside`, root.path);
  assert.equal((await server.ok(server.get(`/wait?after=${cursor}`))).step, 5);
});

test('who goes on behind the cursor of each answer meets every step, also with timeouts in between', async (t) => {
  const { root, server } = await serve(t);
  const steps = Array.from({ length: 60 }, (_, index) => index);
  let { cursor } = await server.ok(server.get('/steps'));
  const seen: number[] = [];
  const follow = async () => {
    for (let timeout = 0; seen.length < steps.length; timeout = (timeout + 3) % 11) {
      const answer = await server.ok(server.get(`/wait?after=${cursor}&timeout=${timeout}ms`));
      if (answer.satisfied) seen.push(answer.step);
      cursor = answer.cursor;
    }
  };
  const following = follow();
  for (const step of steps) {
    root.save(step, { fixture: 'direct/7' });
    await server.get('/livez');
  }
  await following;
  assert.deepEqual(
    seen.sort((a, b) => a - b),
    steps,
  );
});
