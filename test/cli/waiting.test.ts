import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { Stage } from '../contract/support/stage.js';
import { CheckpointRoot } from '../support/checkpoint-root.js';
import { RunningServer } from '../support/running-server.js';
import { runCommand } from './command-line.js';
import { stranger } from './stranger.js';

/** What the server says when its cap, not the caller's timeout, ended a wait. */
const CAPPED = { satisfied: false, step: -1, reason: 'max_wait' };

async function serverOn(
  t: TestContext,
): Promise<{ server: RunningServer; root: CheckpointRoot; port: string }> {
  const root = CheckpointRoot.make(t);
  const server = await RunningServer.start(t, { flags: { directory: root.path } });
  return { server, root, port: new URL(server.base).port };
}

test('wait prints the highest step, alone on standard output', async (t) => {
  const stage = await Stage.set(t);
  await stage.save(7);
  await stage.save(9);

  const child = runCommand(t, stage.origin, ['wait', '--until', '8']);

  assert.equal(await child.exit(), 0, child.stderr);
  assert.equal(child.stdout, '9\n');
});

test('wait --timeout 0 only looks: exit 124', async (t) => {
  const stage = await Stage.set(t);

  const child = runCommand(t, stage.origin, ['wait', '--timeout', '0', '--json']);

  assert.equal(await child.exit(), 124);
  assert.equal(JSON.parse(child.stdout).reason, 'timeout');
});

test('wait says why no step came: a mistyped directory shows', async (t) => {
  const origin = await stranger(t, (_request, response) => {
    const detail = 'there is no step: the directory does not exist; the timeout passed';
    response.end(JSON.stringify({ satisfied: false, step: -1, reason: 'timeout', detail }));
  });

  const child = runCommand(t, origin, ['wait', '--run', 'typo', '--timeout', '0']);

  assert.equal(await child.exit(), 124);
  assert.match(child.stderr, /did not come in time: there is no step: the directory does not exist/);
});

test('wait asks again, as the same wait, when the server ends a request before its time', async (t) => {
  const waitIds: (string | null)[] = [];
  const origin = await stranger(t, (request, response) => {
    waitIds.push(new URLSearchParams(request.url?.split('?')[1]).get('wait_id'));
    const { length } = waitIds;
    response.end(JSON.stringify(length < 3 ? CAPPED : { satisfied: true, step: 7 }));
  });

  const child = runCommand(t, origin, ['wait', '--run', 'r', '--json']);

  assert.equal(await child.exit(), 0, child.stderr);
  assert.equal(waitIds.length, 3);
  assert.equal(new Set(waitIds).size, 1);
});

test('wait ends with 3 when the run is finished', async (t) => {
  const stage = await Stage.set(t);
  const child = runCommand(t, stage.origin, ['wait', '--until', '8']);
  await child.until('stderr', /^steplease: waiting for a step of at least 8/);

  await stage.post('/runs/r/finish');

  assert.equal(await child.exit(), 3);
});

test('wait outlives a restart of the server', async (t) => {
  const { server, root, port } = await serverOn(t);
  const child = runCommand(t, server.base, ['wait', '--until', '8']);
  await server.observed.next('waitStarted');

  await server.restart({ port });
  await child.until('stderr', /shutting down; waiting for it|no answer from .*; waiting for it/);
  root.save(8);

  assert.equal(await child.exit(), 0, child.stderr);
  assert.equal(child.stdout, '8\n');
});

test('watch prints events as they happen', async (t) => {
  const stage = await Stage.set(t);
  const cursor = (await stage.run()).cursor;
  const child = runCommand(t, stage.origin, ['watch', '--after', cursor, '--types', 'step.finalized']);

  await stage.save(7);

  await child.until('stdout', /^\S+Z\tstep\.finalized\tr\t7\t/);
});

test('watch goes on behind the last event when the server was away', async (t) => {
  const { server, root, port } = await serverOn(t);
  root.save(1);
  await server.observed.next('eventAppended', ({ type }) => type === 'step.finalized');
  const { cursor } = await server.ok(server.get('/runs/default'));
  const args = ['watch', '--json', '--types', 'step.finalized', '--count', '2', '--after', cursor];
  const child = runCommand(t, server.base, args);
  root.save(2);
  await child.until('stdout', /\n/);

  await server.stop();
  root.save(3);
  await server.begin({ port });

  assert.equal(await child.exit(), 0, child.stderr);
  const subjects = child.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).subject);
  assert.deepEqual(subjects, ['2', '3']);
});

test('watch says where to go on when a signal ends it', async (t) => {
  const stage = await Stage.set(t);
  const { cursor } = await stage.run();
  const child = runCommand(t, stage.origin, ['watch', '--after', cursor]);
  await stage.save(7);
  await child.until('stdout', /step\.finalized/);
  const after = (await stage.run()).cursor;

  child.kill('SIGINT');

  assert.equal(await child.exit(), 130);
  assert.match(child.stderr, new RegExp(`^steplease: go on with --after ${after}$`, 'm'));
});

test('watch --timeout ends in peace, unless --count asked for more', async (t) => {
  const stage = await Stage.set(t);
  await stage.save(7);
  const watch = (...args: readonly string[]) =>
    runCommand(t, stage.origin, ['watch', '--timeout', '50ms', ...args]);

  const [open, counting] = [watch(), watch('--count', '1')];

  assert.equal(await open.exit(), 0, open.stderr);
  assert.equal(await counting.exit(), 124);
  assert.match(counting.stderr, /^steplease: one event did not come in time$/m);
});

test('watch refuses a cursor that is not kept, and goes on from nowhere else', async (t) => {
  const stage = await Stage.set(t);

  const child = runCommand(t, stage.origin, ['watch', '--after', 'nonsense']);

  assert.equal(await child.exit(), 1);
  assert.match(child.stderr, /code: cursor_expired/);
});

test('watch ends when nobody reads what it prints', async (t) => {
  const stage = await Stage.set(t);
  await stage.save(7);
  const { cursor } = await stage.run();
  const child = runCommand(t, stage.origin, ['watch', '--after', cursor]);
  await stage.save(8);
  await child.until('stdout', /step\.finalized/);

  child.process.stdout?.destroy();
  await stage.save(9);

  assert.equal(await child.exit(), 0, child.stderr);
});
