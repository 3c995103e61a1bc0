import assert from 'node:assert/strict';
import { join } from 'node:path';
import test from 'node:test';
import { Stage } from '../contract/support/stage.js';
import { runCommand } from './command-line.js';

test('runs put registers a run with its options, show shows it, delete forgets it', async (t) => {
  const stage = await Stage.set(t);
  const directory = join(stage.root, '..', 'more');
  const options = ['--step-prefix', 'checkpoint', '--poll-interval', '250ms', '--immutable'];

  const put = runCommand(t, stage.origin, ['runs', 'put', 'more', directory, ...options, '--json']);

  assert.equal(await put.exit(), 0, put.stderr);
  const registered = JSON.parse(put.stdout);
  assert.equal(registered.directory, directory);
  assert.equal(registered.options.poll_interval, 0.25);
  assert.equal(registered.options.immutable, true);
  assert.equal(registered.options.step_name_formats[0].step_prefix, 'checkpoint');
  const show = runCommand(t, stage.origin, ['runs', 'show', 'more']);
  assert.equal(await show.exit(), 0, show.stderr);
  assert.match(show.stdout, /^run\tmore\nstate\twaiting_for_directory\n/);
  const remove = runCommand(t, stage.origin, ['runs', 'delete', 'more']);
  assert.equal(await remove.exit(), 0, remove.stderr);
  assert.equal((await stage.get('/runs/more')).status, 404);
});

test('runs delete of a run in use is refused with the flag that would do', async (t) => {
  const stage = await Stage.set(t);
  await stage.save(7);
  await stage.lease();

  const refused = runCommand(t, stage.origin, ['runs', 'delete', 'r']);

  assert.equal(await refused.exit(), 1);
  assert.match(refused.stderr, /hint: .*--force.*\n {2}code: run_in_use/);
  const forced = runCommand(t, stage.origin, ['runs', 'delete', 'r', '--force']);
  assert.equal(await forced.exit(), 0, forced.stderr);
});

test('finish ends waits, and reopen has them wait again', async (t) => {
  const stage = await Stage.set(t);
  const run = (...args: readonly string[]) => runCommand(t, stage.origin, args);

  const finished = run('finish', '--reason', 'trained to the end');

  assert.equal(await finished.exit(), 0, finished.stderr);
  assert.match(finished.stdout, /^state\tfinished$/m);
  assert.match(finished.stdout, /^reason\ttrained to the end$/m);
  assert.equal(await run('wait').exit(), 3);
  const reopened = run('reopen', '--run', 'r', '-o', 'json');
  assert.equal(await reopened.exit(), 0, reopened.stderr);
  assert.equal(JSON.parse(reopened.stdout).state, 'watching');
  assert.equal(await run('wait', '--timeout', '0').exit(), 124);
});

test('runs list is runs', async (t) => {
  const stage = await Stage.set(t);

  const [alone, list] = [['runs'], ['runs', 'list']].map((args) => runCommand(t, stage.origin, args));

  assert.equal(await alone?.exit(), 0);
  assert.equal(await list?.exit(), 0);
  assert.equal(list?.stdout, alone?.stdout);
});
