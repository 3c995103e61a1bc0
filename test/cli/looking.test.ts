import assert from 'node:assert/strict';
import { mkdir, rm } from 'node:fs/promises';
import test from 'node:test';
import { Stage } from '../contract/support/stage.js';
import { runCommand } from './command-line.js';

/** Clears the screen, hides the rest of the line, and turns the reading direction. */
const HOSTILE = 'evil\u001b[2J\u001b[8m\u009b1m\u202e';

test('runs in a pipe: one line per run, cells separated by tabs', async (t) => {
  const stage = await Stage.set(t);
  await stage.save(7);

  const child = runCommand(t, stage.origin, ['runs']);

  assert.equal(await child.exit(), 0, child.stderr);
  assert.equal(child.stdout, `r\twatching\t7\t1\t0\t0 B\tevents\t${stage.root}\n`);
});

test('warnings of runs go to standard error', async (t) => {
  const stage = await Stage.set(t);
  await stage.trainer.save('checkpoint_7');
  await stage.trainer.save('checkpoint_8');
  await stage.scanned();

  const child = runCommand(t, stage.origin, ['runs']);

  assert.equal(await child.exit(), 0);
  assert.match(child.stderr, /^warning: run r: .*checkpoint_/m);
});

test('steps --json is the document of the server', async (t) => {
  const stage = await Stage.set(t);
  await stage.save(7);

  const child = runCommand(t, stage.origin, ['steps', '--json']);

  assert.equal(await child.exit(), 0);
  assert.deepEqual(JSON.parse(child.stdout), (await stage.get('/steps')).body);
});

test('steps follows the pages of a long list', async (t) => {
  const stage = await Stage.set(t);
  for (let step = 1; step <= 1_001; step += 1) await mkdir(stage.trainer.path(`note-${step}`));
  await stage.scanned();

  const child = runCommand(t, stage.origin, ['steps', '--state', 'all']);

  assert.equal(await child.exit(), 0, child.stderr);
  assert.equal(child.stdout.trimEnd().split('\n').length, 1_001);
});

test('steps --last takes the highest', async (t) => {
  const stage = await Stage.set(t);
  for (const step of [1, 2, 3]) await stage.save(step);

  const child = runCommand(t, stage.origin, ['steps', '--last', '2', '--json']);

  assert.equal(await child.exit(), 0);
  const { items } = JSON.parse(child.stdout);
  assert.deepEqual(
    items.map(({ step }: { step: number }) => step),
    [2, 3],
  );
});

for (const form of [[], ['--json']]) {
  test(`control characters in a name reach nobody as they are: steps ${form.join('')}`, async (t) => {
    const stage = await Stage.set(t);
    await mkdir(stage.trainer.path(HOSTILE));
    await stage.scanned();

    const child = runCommand(t, stage.origin, ['steps', '--state', 'all', ...form]);

    assert.equal(await child.exit(), 0, child.stderr);
    assert.match(child.stdout, /evil\\u001b\[2J\\u001b\[8m\\u009b1m\\u202e/);
    assert.doesNotMatch(child.stdout, /[^\P{Cc}\n\t]|\u202e/u);
  });
}

test('explain says what keeps a step alive', async (t) => {
  const stage = await Stage.set(t);
  await stage.save(7);
  const lease = await stage.lease({ step: 7, holder: 'eval-3' });

  const child = runCommand(t, stage.origin, ['explain', '7']);

  assert.equal(await child.exit(), 0, child.stderr);
  assert.match(child.stdout, /^Step 7 is visible: /);
  assert.match(child.stdout, /^Lease 1 of eval-3 holds it/m);
  assert.match(child.stdout, new RegExp(`^A snapshot \\(hardlink\\) keeps its files at ${lease.path}`, 'm'));
});

test('explain says why a step is not visible yet', async (t) => {
  const stage = await Stage.set(t);
  await stage.trainer.prepare(8);
  await stage.scanned();

  const child = runCommand(t, stage.origin, ['explain', '8']);

  assert.equal(await child.exit(), 0, child.stderr);
  assert.match(child.stdout, /is not visible as step 8: it is temporary \(name contains /);
});

test('explain knows what was deleted', async (t) => {
  const stage = await Stage.set(t);
  await stage.save(7);
  await stage.save(8);
  await stage.trainer.delete(7);
  await stage.event('step.deleted', '7');

  const child = runCommand(t, stage.origin, ['explain', '7']);

  assert.equal(await child.exit(), 0, child.stderr);
  assert.match(child.stdout, /^Step 7 is not visible: no entry .* \(its highest is 8\)/);
  assert.match(child.stdout, /Z {2}step\.finalized\n.*Z {2}step\.deleted\n$/);
});

test('verify exits 1 for a damaged checkpoint and names the file', async (t) => {
  const stage = await Stage.set(t);
  await stage.save(7);
  await rm(stage.trainer.path(7, 'default', '_METADATA'));

  const child = runCommand(t, stage.origin, ['verify', '7']);

  assert.equal(await child.exit(), 1);
  assert.match(child.stdout, /^step 7 of run r: damaged /);
  assert.match(child.stdout, /^default\t/m);
});
