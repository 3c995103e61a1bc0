import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import test, { type TestContext } from 'node:test';
import { Stage } from '../contract/support/stage.js';
import { CheckpointRoot } from '../support/checkpoint-root.js';
import type { Child } from '../support/child.js';
import { RunningServer } from '../support/running-server.js';
import { MAIN } from '../support/server-child.js';
import { patient, runCommand } from './command-line.js';

function exec(t: TestContext, stage: Stage, args: readonly string[]): Child {
  return runCommand(t, stage.origin, ['exec', ...args]);
}

test('the command finds the step in its environment and its arguments, and its status is the exit code', async (t) => {
  const stage = await Stage.set(t);
  await stage.save(7);
  const script =
    'echo $1 $STEPLEASE_STEP $STEPLEASE_RUN $STEPLEASE_URL; cat $STEPLEASE_PATH/default/manifest.ocdbt; test $2 = "$STEPLEASE_PATH/x" && test -n "$STEPLEASE_LEASE_ID" && exit 5';

  const child = exec(t, stage, ['--until', '5', '--', 'sh', '-c', script, 'sh', '<{step}>', '{path}/x']);

  assert.equal(await child.exit(), 5, child.stderr);
  assert.equal(child.stdout, `<7> 7 r ${stage.origin}\nmanifest`);
});

test('when the command has ended, its lease is released and the snapshot gone', async (t) => {
  const stage = await Stage.set(t);
  await stage.save(7);

  const child = exec(t, stage, ['--', 'sh', '-c', 'echo $STEPLEASE_PATH']);

  assert.equal(await child.exit(), 0, child.stderr);
  assert.equal(existsSync(child.stdout.trim()), false);
  const { body } = await stage.get('/leases?state=all');
  assert.equal(body.items[0].state, 'released');
});

test('it waits for a step that comes later', async (t) => {
  const stage = await Stage.set(t);
  await stage.save(7);
  const child = exec(t, stage, ['--until', '8', '--', 'echo', '{step}']);
  await child.until('stderr', /waiting for a step of at least 8/);

  await stage.save(9);

  assert.equal(await child.exit(), 0, child.stderr);
  assert.equal(child.stdout, '9\n');
});

test('exit 124 when no step came in time', async (t) => {
  const stage = await Stage.set(t);

  const child = exec(t, stage, ['--until', '8', '--timeout', '10ms', '--', 'echo', 'ran']);

  assert.equal(await child.exit(), 124);
  assert.equal(child.stdout, '');
});

test('exit 3 when the run is finished', async (t) => {
  const stage = await Stage.set(t);
  await stage.call('POST', '/runs/r/finish');

  const child = exec(t, stage, ['--until', '8', '--', 'echo', 'ran']);

  assert.equal(await child.exit(), 3);
  assert.match(child.stderr, /the run is finished: a step of at least 8 of run r will not come/);
});

test('the lease is renewed while the command runs', async (t) => {
  const stage = await Stage.set(t);
  await stage.save(7);
  const child = exec(t, stage, ['--ttl', '3', '--', ...patient()]);
  await child.until('stdout', /running/);

  // Renewed after a third of the TTL each time: the fourth comes when the first TTL is long over.
  for (let renewal = 0; renewal < 4; renewal += 1) await stage.observed.next('leaseRenewed');
  child.process.stdin?.end();

  assert.equal(await child.exit(), 0, child.stderr);
});

test('the lease outlives a restart of the server', async (t) => {
  const root = CheckpointRoot.make(t);
  root.save(7);
  const server = await RunningServer.start(t, { flags: { directory: root.path } });
  const child = runCommand(t, server.base, ['exec', '--ttl', '6', '--', ...patient()]);
  await child.until('stdout', /running/);

  await server.restart({ port: new URL(server.base).port });
  await server.observed.next('leaseRenewed');
  child.process.stdin?.end();

  assert.equal(await child.exit(), 0, child.stderr);
});

test('a server that is back in time has the lease released, and that is the last word', async (t) => {
  const root = CheckpointRoot.make(t);
  root.save(7);
  const server = await RunningServer.start(t, { flags: { directory: root.path } });
  const child = runCommand(t, server.base, ['exec', '--ttl', '1h', '--', ...patient()]);
  await child.until('stdout', /running/);

  const port = new URL(server.base).port;
  await server.stop();
  child.process.stdin?.end();
  await child.until('stderr', /no answer from .*; step 7 is settled when it answers again/);
  await server.begin({ port });

  assert.equal(await child.exit(), 0, child.stderr);
  assert.match(child.stderr, /\nsteplease: step 7: the lease is released\n$/);
  assert.doesNotMatch(child.stderr, /ends by itself/);
});

test('when the lease is broken the command is stopped, and then the exit code is 75', async (t) => {
  const stage = await Stage.set(t);
  await stage.save(7);
  const child = exec(t, stage, ['--ttl', '5', '--', ...patient('SIGTERM=0')]);
  await child.until('stdout', /running/);

  await stage.call('POST', '/leases/break', { body: { number: 1, reason: 'the disk is full' } });

  assert.equal(await child.exit(), 75);
  assert.equal(child.stdout, 'running\ngot SIGTERM\n');
  assert.match(child.stderr, /the lease of step 7 was lost: .*broken/);
});

test('a command that does not stop when it is asked to is killed', async (t) => {
  const stage = await Stage.set(t);
  await stage.save(7);
  const child = exec(t, stage, ['--ttl', '5', '--kill-after', '50ms', '--', ...patient('SIGTERM=')]);
  await child.until('stdout', /running/);

  await stage.call('POST', '/leases/break', { body: { number: 1 } });

  assert.equal(await child.exit(), 75);
});

test('what a shell left running is killed with it', async (t) => {
  const stage = await Stage.set(t);
  await stage.save(7);
  const script = `${patient('SIGTERM=').join(' ')}; true`;
  // Time enough to hear the signal, also on a machine that is busy.
  const child = exec(t, stage, ['--ttl', '5', '--kill-after', '5s', '--', 'sh', '-c', script]);
  await child.until('stdout', /running/);

  await stage.call('POST', '/leases/break', { body: { number: 1 } });

  // It ends for the test when nobody has its output open any more.
  assert.equal(await child.exit(), 75);
  assert.match(child.stdout, /got SIGTERM/);
});

test('when no renewal comes through within the TTL the lease counts as lost', async (t) => {
  const stage = await Stage.set(t);
  await stage.save(7);
  const child = exec(t, stage, ['--ttl', '3', '--', ...patient()]);
  await child.until('stdout', /running/);

  await stage.stop();

  assert.equal(await child.exit(), 75);
  assert.match(child.stderr, /the lease of step 7 was lost/);
});

test('a lease that ended just before the command did makes its success none', async (t) => {
  const stage = await Stage.set(t);
  await stage.save(7);
  const child = exec(t, stage, ['--ttl', '1h', '--', ...patient()]);
  await child.until('stdout', /running/);
  await stage.call('POST', '/leases/break', { body: { number: 1 } });

  child.process.stdin?.end();

  assert.equal(await child.exit(), 75);
});

test('a command may let go of the lease itself and run on', async (t) => {
  const stage = await Stage.set(t);
  await stage.save(7);
  const script = `"${process.execPath}" "${MAIN}" lease release && ${patient().join(' ')}`;
  const child = exec(t, stage, ['--ttl', '5', '--', 'sh', '-c', script]);
  await child.until('stdout', /running/);
  const { body } = await stage.get('/leases?state=all');
  // It was granted later: when it expires, the command's own would have been given up for lost.
  await stage.lease({ ttl: 5 });
  await stage.event('lease.expired');

  child.process.stdin?.end();

  assert.equal(await child.exit(), 0, child.stderr);
  assert.equal(body.items[0].state, 'released');
});

test('--each goes on with every new step until the run is finished', async (t) => {
  const stage = await Stage.set(t);
  await stage.save(1);
  const child = exec(t, stage, ['--each', '--', 'echo', 'step', '{step}']);
  await child.until('stdout', /step 1\n/);
  await stage.save(2);
  await child.until('stdout', /step 2\n/);

  await stage.call('POST', '/runs/r/finish');

  assert.equal(await child.exit(), 0, child.stderr);
  assert.equal(child.stdout, 'step 1\nstep 2\n');
  assert.match(
    child.stderr,
    /^steplease: the run is finished: a step of at least 3 of run r will not come; the command ran 2 times, no step failed\n$/m,
  );
});

test('--each ends with the status of the step that failed, after the others', async (t) => {
  const stage = await Stage.set(t);
  await stage.save(1);
  const child = exec(t, stage, ['--each', '--', 'sh', '-c', 'echo step {step}; exit $((2 - {step}))']);
  await child.until('stdout', /step 1\n/);
  await stage.save(2);
  await child.until('stdout', /step 2\n/);

  await stage.call('POST', '/runs/r/finish');

  assert.equal(await child.exit(), 1, child.stderr);
});

for (const [program, status] of [
  ['/nonexistent/eval', 127],
  ['/dev/null', 126],
] as const) {
  test(`${program} cannot be run: exit ${status}, and the lease is released`, async (t) => {
    const stage = await Stage.set(t);
    await stage.save(1);

    const child = exec(t, stage, ['--each', '--', program]);

    assert.equal(await child.exit(), status);
    assert.match(child.stderr, new RegExp(`cannot run "${program}"`));
    const { body } = await stage.get('/leases');
    assert.deepEqual(body.items, []);
  });
}

test('--json tells what happens on standard error, one document per line', async (t) => {
  const stage = await Stage.set(t);
  await stage.save(1);

  const child = exec(t, stage, ['--json', '--', 'echo', 'mine']);

  assert.equal(await child.exit(), 0);
  assert.equal(child.stdout, 'mine\n');
  const events = child.stderr.trimEnd().split('\n');
  assert.deepEqual(
    events.map((line) => JSON.parse(line).event),
    ['waiting', 'leased', 'ended'],
  );
});

for (const args of [
  [],
  ['--until', 'x', '--', 'true'],
  ['--until', '1', '--consumer', 'c', '--', 'true'],
  ['--nack-delay', '1', '--', 'true'],
  ['--ttl', '1 hour', '--', 'true'],
]) {
  test(`exec ${args.join(' ')}: bad arguments, exit 2`, async (t) => {
    const child = runCommand(t, 'http://127.0.0.1:9', ['exec', ...args]);

    assert.equal(await child.exit(), 2);
  });
}
