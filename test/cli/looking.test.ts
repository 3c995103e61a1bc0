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
  assert.match(child.stderr, /^steplease: warning: run r: .*checkpoint_/m);
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

test('steps --order desc begins with the highest, and --last counts from there', async (t) => {
  const stage = await Stage.set(t);
  for (const step of [1, 2, 3]) await stage.save(step);

  const child = runCommand(t, stage.origin, ['steps', '--order', 'desc', '--last', '2']);

  assert.equal(await child.exit(), 0, child.stderr);
  assert.match(child.stdout, /^3\t.*\n2\t.*\n$/);
});

test('-o json is --json, and -o table aligns columns in a pipe, too', async (t) => {
  const stage = await Stage.set(t);

  const json = runCommand(t, stage.origin, ['runs', '-o', 'json']);
  const table = runCommand(t, stage.origin, ['runs', '--output', 'table']);

  assert.equal(await json.exit(), 0, json.stderr);
  assert.equal(JSON.parse(json.stdout).items[0].name, 'r');
  assert.equal(await table.exit(), 0, table.stderr);
  assert.match(table.stdout, /^RUN {2}STATE {5}LATEST.*\nr {4}watching {7}-/);
});

test('version prints that of the program and that of the server', async (t) => {
  const stage = await Stage.set(t);

  const both = runCommand(t, stage.origin, ['version']);
  const own = runCommand(t, 'http://127.0.0.1:9', ['version', '--client', '--json']);

  assert.equal(await both.exit(), 0, both.stderr);
  assert.match(both.stdout, /^client\t\d\S+ \(Node .*\)\nserver\t\d\S+ \(Node .*, API .*\) at http:/);
  assert.equal(await own.exit(), 0, own.stderr);
  assert.deepEqual(Object.keys(JSON.parse(own.stdout)), ['client']);
});

test('waits lists the waits that ended, the newest first, and --summary counts them', async (t) => {
  const stage = await Stage.set(t);
  await stage.save(7);
  await stage.get('/wait?until=7');
  await stage.get('/wait?until=8&timeout=0');
  const waits = (...args: readonly string[]) => runCommand(t, stage.origin, ['waits', ...args]);

  const [all, last, summary] = [waits(), waits('--last', '1'), waits('--summary')];

  assert.equal(await all.exit(), 0, all.stderr);
  assert.match(all.stdout, /^r\t8\t\S+\t\S+ s\ttimeout\t-\twait\nr\t7\t\S+\t\S+ s\treached\t7\twait\n$/);
  assert.equal(await last.exit(), 0, last.stderr);
  assert.match(last.stdout, /^r\t8\t[^\n]*\n$/);
  assert.equal(await summary.exit(), 0, summary.stderr);
  assert.match(summary.stdout, /^count\t2\nreached\t1\ntimeout\t1\n/);
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
