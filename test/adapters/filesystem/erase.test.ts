import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { buildSnapshot } from '../../../src/adapters/filesystem/build-snapshot.js';
import { erase } from '../../../src/adapters/filesystem/erase.js';
import { nodeOs } from '../../../src/adapters/filesystem/os.js';
import { retire } from '../../../src/adapters/filesystem/retire.js';
import { FaultyOs, refuse } from '../../support/fs-faulty-os.js';
import { contentOf, makeStep, openDescriptors, planFor } from '../../support/fs-step.js';
import { temporaryDirectory } from '../../support/fs-temporary.js';

test('an immutable snapshot, once retired, is erased, and the step keeps every file and mode', async (t) => {
  const step = makeStep(temporaryDirectory(t), '1');
  const modeOf = () => lstatSync(join(step, 'default', '_METADATA')).mode;
  const before = [contentOf(step), modeOf()];
  const plan = await planFor(step, { immutable: true });
  assert.equal((await buildSnapshot(nodeOs, plan)).outcome, 'built');
  const home = plan.snapshotDirectory;
  assert.deepEqual(retire(nodeOs, { snapshotDirectory: home, name: 'g1', trashName: '.trash-g1' }), {
    outcome: 'retired',
  });
  assert.ok(!existsSync(join(home, 'g1')));
  const faulty = new FaultyOs();
  assert.deepEqual(await erase(faulty.os, home, '.trash-g1'), { outcome: 'erased' });
  // Root, who may run this, could do without; everybody else could not.
  assert.equal(faulty.calls.filter(({ purpose }) => purpose === 'unlock directory').length, 5);
  assert.deepEqual(readdirSync(home).toSorted(), ['commit_success.txt', 'owner.json']);
  assert.deepEqual([contentOf(step), modeOf()], before);
});

test('directories that deny their owner everything are erased', async (t) => {
  const home = temporaryDirectory(t);
  makeStep(home, 'x', { 'a/b/file': '', 'c/file': '' });
  for (const path of ['x/a/b', 'x/a', 'x/c', 'x']) chmodSync(join(home, path), path === 'x/c' ? 0o300 : 0);
  assert.deepEqual(await erase(nodeOs, home, 'x'), { outcome: 'erased' });
  assert.deepEqual(readdirSync(home), []);
});

test('links are removed, never followed, wherever they stand', async (t) => {
  const home = temporaryDirectory(t);
  const outside = makeStep(temporaryDirectory(t), 'outside');
  const content = contentOf(outside);
  makeStep(home, 'x', { 'a/file': '' });
  symlinkSync(outside, join(home, 'x', 'link'));
  symlinkSync(outside, join(home, 'x', 'a', 'link'));
  symlinkSync(outside, join(home, 'direct'));
  assert.deepEqual(await erase(nodeOs, home, 'x'), { outcome: 'erased' });
  assert.deepEqual(await erase(nodeOs, home, 'direct'), { outcome: 'erased' });
  assert.deepEqual(contentOf(outside), content);
});

test('a directory swapped for a link while it is erased loses nothing elsewhere', async (t) => {
  const home = temporaryDirectory(t);
  const outside = makeStep(temporaryDirectory(t), 'outside');
  const content = contentOf(outside);
  makeStep(home, 'x', { 'default/d/0a1b': '', 'default/d/2c3d': '' });
  const directory = join(home, 'x', 'default');
  const faulty = new FaultyOs().before('erase file', () => {
    rmSync(directory, { recursive: true });
    symlinkSync(join(outside, 'default'), directory);
  });
  await erase(faulty.os, home, 'x');
  assert.deepEqual(contentOf(outside), content);
});

test('a snapshot directory that is a link is refused', async (t) => {
  const base = temporaryDirectory(t);
  makeStep(base, 'real/x');
  symlinkSync('real', join(base, 'link'));
  assert.equal((await erase(nodeOs, join(base, 'link'), 'x')).outcome, 'failed');
  assert.ok(existsSync(join(base, 'real/x/default')));
  const plan = { snapshotDirectory: join(base, 'link'), name: 'x', trashName: 'y' };
  assert.equal(retire(nodeOs, plan).outcome, 'failed');
});

test('what is absent is erased, and retiring it says so', async (t) => {
  const home = temporaryDirectory(t);
  assert.deepEqual(await erase(nodeOs, home, 'none'), { outcome: 'erased' });
  assert.deepEqual(await erase(nodeOs, join(home, 'none'), 'none'), { outcome: 'erased' });
  const plan = { snapshotDirectory: home, name: 'none', trashName: '.trash' };
  assert.deepEqual(retire(nodeOs, plan), { outcome: 'absent' });
  assert.deepEqual(retire(nodeOs, { ...plan, snapshotDirectory: join(home, 'none') }), { outcome: 'absent' });
});

test('names that are paths are refused', async (t) => {
  const home = temporaryDirectory(t);
  for (const bad of ['..', '.', '', 'a/b', '../x']) {
    await assert.rejects(erase(nodeOs, home, bad), { code: 'EINVAL' });
    assert.throws(() => retire(nodeOs, { snapshotDirectory: home, name: bad, trashName: 'x' }), {
      code: 'EINVAL',
    });
    assert.throws(() => retire(nodeOs, { snapshotDirectory: home, name: 'x', trashName: bad }), {
      code: 'EINVAL',
    });
  }
});

test('a directory that gets new files while it is emptied is emptied again', async (t) => {
  const home = temporaryDirectory(t);
  makeStep(home, 'x', { 'a/file': '' });
  let added = 0;
  const faulty = new FaultyOs().rule(({ method }) => {
    if (method === 'rmdir' && added < 3) writeFileSync(join(home, 'x', 'a', `late${added++}`), '');
  });
  assert.deepEqual(await erase(faulty.os, home, 'x'), { outcome: 'erased' });
});

test('one that never stays empty is given up with ENOTEMPTY', async (t) => {
  const home = temporaryDirectory(t);
  makeStep(home, 'x', { 'a/file': '' });
  let added = 0;
  const faulty = new FaultyOs().rule(({ method }) => {
    if (method === 'rmdir') writeFileSync(join(home, 'x', 'a', `late${added++}`), '');
  });
  const result = await erase(faulty.os, home, 'x');
  assert.ok(result.outcome === 'failed');
  assert.equal(result.errno, 'ENOTEMPTY');
  assert.equal(result.path, join(home, 'x', 'a'));
});

test('a failure names the entry, and a second try finishes', async (t) => {
  const home = temporaryDirectory(t);
  makeStep(home, 'x', { 'a/1': '', 'a/2': '' });
  const result = await erase(new FaultyOs().fail('erase file', 'EPERM', 2).os, home, 'x');
  assert.ok(result.outcome === 'failed');
  assert.equal(result.errno, 'EPERM');
  assert.match(result.path, /x\/a\/[12]$/);
  assert.match(result.detail, /cannot be removed/);
  assert.deepEqual(await erase(nodeOs, home, 'x'), { outcome: 'erased' });
});

test('two erasures of one tree do not disturb each other, and other work gets its turn meanwhile', async (t) => {
  const home = temporaryDirectory(t);
  const directory = makeStep(home, 'x', {});
  for (let file = 0; file < 5000; file++) writeFileSync(join(directory, String(file)), '');
  let turns = 0;
  const ticking = setInterval(() => turns++, 1);
  const results = await Promise.all([erase(nodeOs, home, 'x'), erase(nodeOs, home, 'x')]);
  clearInterval(ticking);
  assert.deepEqual(results, [{ outcome: 'erased' }, { outcome: 'erased' }]);
  assert.ok(turns > 0);
});

test('a tree of absurd depth is refused, not crashed on', async (t) => {
  const home = temporaryDirectory(t);
  makeStep(home, 'x', { [`${'d/'.repeat(300)}file`]: '' });
  const result = await erase(nodeOs, home, 'x');
  assert.equal(result.outcome === 'failed' && result.errno, 'E2BIG');
});

test('no descriptor stays open, whatever fails', async (t) => {
  const home = temporaryDirectory(t);
  makeStep(home, 'x', { 'a/1': '' });
  const probe = new FaultyOs();
  await erase(probe.os, home, 'x');
  const before = openDescriptors();
  for (const { number, method } of probe.calls) {
    if (method === 'close') continue;
    makeStep(home, 'x', { 'a/1': '' });
    await erase(new FaultyOs().beforeNumber(number, () => refuse('EIO')).os, home, 'x');
  }
  assert.equal(openDescriptors(), before);
});

test('a retirement is durable before it is reported, and never lands on other trash', (t) => {
  const home = temporaryDirectory(t);
  makeStep(home, 'g1');
  const faulty = new FaultyOs();
  const plan = { snapshotDirectory: home, name: 'g1', trashName: '.trash-g1' };
  retire(faulty.os, plan);
  assert.deepEqual(
    faulty.calls.flatMap(({ method }) => (['rename', 'fsync'].includes(method) ? [method] : [])),
    ['rename', 'fsync'],
  );
  mkdirSync(join(home, 'g1'));
  assert.equal(retire(nodeOs, plan).outcome, 'failed');
  assert.equal(retire(new FaultyOs().failMethod('rename', 'EIO').os, plan).outcome, 'failed');
});
