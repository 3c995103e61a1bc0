import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { Stage } from '../contract/support/stage.js';
import type { Child } from '../support/child.js';
import { patient, runCommand } from './command-line.js';

function exec(t: TestContext, stage: Stage, args: readonly string[]): Child {
  return runCommand(t, stage.origin, ['exec', ...args]);
}

for (const signal of ['SIGTERM', 'SIGINT', 'SIGUSR1'] as const) {
  test(`${signal} is passed to the command, whose status counts`, async (t) => {
    const stage = await Stage.set(t);
    await stage.save(7);
    const child = exec(t, stage, ['--each', '--', ...patient(`${signal}=9`)]);
    await child.until('stdout', /running/);

    child.kill(signal);
    await child.until('stdout', /got SIG/);
    // No request to end: the next step is waited for.
    if (signal === 'SIGUSR1') await stage.call('POST', '/runs/r/finish');

    assert.equal(await child.exit(), 9, child.stderr);
    const { body } = await stage.get('/leases');
    assert.deepEqual(body.items, []);
  });
}

test('a command that a signal ends gives the status that a shell would', async (t) => {
  const stage = await Stage.set(t);
  await stage.save(7);
  const child = exec(t, stage, ['--', ...patient()]);
  await child.until('stdout', /running/);

  child.kill('SIGTERM');

  assert.equal(await child.exit(), 143);
});

test('a signal reaches what a shell started, too', async (t) => {
  const stage = await Stage.set(t);
  await stage.save(7);
  const script = `${patient('SIGTERM=9').join(' ')}; exit $?`;
  const child = exec(t, stage, ['--', 'sh', '-c', script]);
  await child.until('stdout', /running/);

  child.kill('SIGTERM');

  await child.until('stdout', /got SIGTERM/);
  assert.equal(await child.exit(), 143);
});

test('a signal while it waits ends it as it would end any program, and frees its waiter', async (t) => {
  const stage = await Stage.set(t);
  const child = exec(t, stage, ['--', 'echo', 'ran']);
  await child.until('stderr', /waiting for a step/);

  child.kill('SIGTERM');

  assert.equal(await child.exit(), 143);
  await stage.save(7);
  assert.equal(child.stdout, '');
  const { body } = await stage.get('/leases?state=all');
  assert.deepEqual(body.items, []);
});
