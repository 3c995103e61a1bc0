import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import test from 'node:test';
import { Interference } from '../contract/support/interference.js';
import { leased, Stage } from '../contract/support/stage.js';
import { runCommand } from './command-line.js';

test('a lease is acquired, renewed, listed without its id, and released', async (t) => {
  const stage = await Stage.set(t);
  await stage.save(7);
  const run = async (...args: readonly string[]) => {
    const child = runCommand(t, stage.origin, ['lease', ...args]);
    assert.equal(await child.exit(), 0, child.stderr);
    return child.stdout;
  };

  const acquired = await run(
    'acquire',
    '--step',
    'latest',
    '--label',
    'job=eval',
    '--label',
    'a=b=c',
    '--json',
  );
  const { id, path, labels } = JSON.parse(acquired);
  const renewed = await run('renew', id, '--ttl', '2h', '--json');
  const listed = await run('list');
  assert.ok(existsSync(path));
  const released = await run('release', id);

  assert.deepEqual(labels, { job: 'eval', a: 'b=c' });
  assert.equal(JSON.parse(renewed).ttl, 7_200);
  assert.match(listed, /^1\tr\t7\tactive\t-\t7\d+(\.\d)? s\t/);
  assert.equal(listed.includes(id), false);
  assert.equal(released, '');
  assert.equal(existsSync(path), false);
});

test('the lease of STEPLEASE_LEASE_ID is meant when none is named', async (t) => {
  const stage = await Stage.set(t);
  await stage.save(7);
  const lease = await stage.lease();

  const child = runCommand(t, stage.origin, ['lease', 'release'], { STEPLEASE_LEASE_ID: lease.id });

  assert.equal(await child.exit(), 0, child.stderr);
  assert.equal((await stage.show(lease)).state, 'released');
});

test('an id that names another resource is none', async (t) => {
  const stage = await Stage.set(t);

  const child = runCommand(t, stage.origin, ['lease', 'release', '../runs/r?force=true']);

  assert.equal(await child.exit(), 1);
  assert.match(child.stderr, /code: lease_not_found/);
});

test('lease break tells the holder why', async (t) => {
  const stage = await Stage.set(t);
  await stage.save(7);
  const lease = await stage.lease();

  const child = runCommand(t, stage.origin, ['lease', 'break', '1', '--reason', 'the disk is full']);

  assert.equal(await child.exit(), 0, child.stderr);
  assert.equal((await stage.show(lease)).end_reason, 'the disk is full');
});

test('acquire of an integer step does not wait unless told to, and is refused', async (t) => {
  const stage = await Stage.set(t);

  const child = runCommand(t, stage.origin, ['lease', 'acquire', '--step', '7']);

  assert.equal(await child.exit(), 1);
  assert.match(child.stderr, /code: step_not_found/);
});

test('acquire of an integer step waits within its timeout', async (t) => {
  const stage = await Stage.set(t);
  const late = runCommand(t, stage.origin, ['lease', 'acquire', '--step', '8', '--timeout', '50ms']);
  const child = runCommand(t, stage.origin, ['lease', 'acquire', '--step', '7', '--timeout', '1m']);
  await stage.observed.next('waitStarted');
  await stage.observed.next('waitStarted');

  await stage.save(7);

  assert.equal(await child.exit(), 0, child.stderr);
  assert.match(child.stdout, /^step\t7$/m);
  assert.equal(await late.exit(), 124);
});

test('snapshot retry removes a snapshot that was stuck, and fails with the reason while that cannot be done', async (t) => {
  const interference = new Interference();
  const { stage, lease } = await leased(t, { around: interference.around });
  const failed = {
    outcome: 'failed',
    errno: 'EROFS',
    path: '',
    detail: 'the disk can only be read',
  } as const;
  interference.always('erase', async () => failed);
  await stage.release(lease);
  await stage.event('snapshot.stuck');
  const retry = () => runCommand(t, stage.origin, ['snapshot', 'retry', '1', '--json']);

  const refused = retry();
  assert.equal(await refused.exit(), 1);
  assert.match(refused.stderr, /snapshot 1 is still there: the disk can only be read/);
  interference.stop('erase');
  const done = retry();

  assert.equal(await done.exit(), 0, done.stderr);
  assert.deepEqual(JSON.parse(done.stdout), { number: 1, removed: true });
});
