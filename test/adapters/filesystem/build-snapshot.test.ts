import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { buildSnapshot } from '../../../src/adapters/filesystem/build-snapshot.js';
import { nodeOs } from '../../../src/adapters/filesystem/os.js';
import { auditSnapshot, inventorySnapshot } from '../../../src/adapters/filesystem/snapshot-tree.js';
import type { BuildPlan } from '../../../src/engine/file-system.js';
import { FaultyOs } from '../../support/fs-faulty-os.js';
import { contentOf, makeStep, ORDINARY_FILES, planFor } from '../../support/fs-step.js';
import { otherFilesystem, temporaryDirectory } from '../../support/fs-temporary.js';

async function build(plan: BuildPlan, os = nodeOs) {
  const result = await buildSnapshot(os, plan);
  assert.equal(result.outcome, 'built', JSON.stringify(result));
  return result.inventory;
}

const published = (plan: BuildPlan) => join(plan.snapshotDirectory, plan.publishedName ?? '', plan.stepName);
const entries = (plan: BuildPlan) =>
  readdirSync(plan.snapshotDirectory).filter((name) => !['owner.json', 'commit_success.txt'].includes(name));
const mode = (path: string) => lstatSync(path).mode & 0o7777;

for (const how of ['hardlink', 'copy'] as const) {
  for (const publishedName of ['g1', null]) {
    const layout = publishedName === null ? 'orbax' : 'generation';
    test(`mode ${how}, layout ${layout}: the snapshot has the step's content, digest and modes`, async (t) => {
      const step = makeStep(temporaryDirectory(t), '100', {
        ...ORDINARY_FILES,
        'empty/': '',
        'large/file': 'x'.repeat(9_000_000),
      });
      chmodSync(join(step, 'default'), 0o2750);
      chmodSync(join(step, 'default', '_METADATA'), 0o640);
      const plan = await planFor(step, { mode: how, publishedName });
      const inventory = await build(plan);
      const path = published(plan);
      assert.deepEqual(contentOf(path), contentOf(step));
      assert.deepEqual(entries(plan), [publishedName ?? '100']);
      assert.equal(inventory.digest, plan.inventory.digest);
      assert.equal((await inventorySnapshot(nodeOs, path))?.digest, plan.inventory.digest);
      assert.equal(inventory.sizeBytes, plan.inventory.sizeBytes);
      assert.equal(await auditSnapshot(nodeOs, path, inventory), null);
      for (const below of ['', 'default', 'default/d', 'default/_METADATA', 'metrics/metrics'])
        assert.equal(mode(join(path, below)), mode(join(step, below)), below);
      const same =
        lstatSync(join(path, 'default/d/0a1b')).ino === lstatSync(join(step, 'default/d/0a1b')).ino;
      assert.equal(same, how === 'hardlink');
    });
  }
}

test('a copy keeps modes, group and times to the microsecond', async (t) => {
  const step = makeStep(temporaryDirectory(t), '1', { 'a/file': 'x' });
  const file = join(step, 'a', 'file');
  chmodSync(file, 0o604);
  utimesSync(file, 1_700_000_000.123457, 1_700_000_000.654321);
  if (process.geteuid?.() === 0) for (const path of [file, join(step, 'a')]) chownSync(path, 0, 12345);
  const plan = await planFor(step, { mode: 'copy' });
  await build(plan);
  const copy = nodeOs.lstat('', join(published(plan), 'a', 'file'));
  const original = nodeOs.lstat('', file);
  assert.equal(copy.mtimeNs / 1000n, original.mtimeNs / 1000n);
  assert.equal(copy.mode, original.mode);
  assert.equal(copy.gid, original.gid);
  assert.equal(lstatSync(join(published(plan), 'a')).gid, lstatSync(join(step, 'a')).gid);
});

for (const [how, file] of [
  ['hardlink', 0o644],
  ['copy', 0o444],
] as const) {
  for (const publishedName of ['g1', null]) {
    test(`immutable, ${how}, published as ${publishedName}: nothing in it can be written or added`, async (t) => {
      const step = makeStep(temporaryDirectory(t), '1', { 'a/file': 'x', 'private/file': 'x' });
      chmodSync(join(step, 'a', 'file'), 0o644);
      for (const path of [step, join(step, 'a')]) chmodSync(path, 0o755);
      chmodSync(join(step, 'private'), 0o700);
      const plan = await planFor(step, { mode: how, publishedName, immutable: true });
      await build(plan);
      const path = published(plan);
      assert.equal(mode(path), 0o555);
      assert.equal(mode(join(path, 'a')), 0o555);
      assert.equal(mode(join(path, 'a', 'file')), file);
      // What the trainer keeps to itself is not opened to others by that.
      assert.equal(mode(join(path, 'private')), 0o500);
      if (publishedName !== null) assert.equal(mode(join(plan.snapshotDirectory, publishedName)), 0o555);
      assert.equal(mode(join(step, 'a', 'file')), 0o644);
    });
  }
}

test('nothing is ever written, set or synced on a file of a hard-link snapshot', async (t) => {
  const step = makeStep(temporaryDirectory(t), '1');
  const faulty = new FaultyOs();
  await build(await planFor(step), faulty.os);
  const touched = faulty.calls.filter((call) => ['write', 'futimes', 'chmod', 'clone'].includes(call.method));
  assert.deepEqual(touched, []);
  assert.ok(!faulty.calls.some((call) => /file (mode|time)|sync file/.test(call.purpose)));
});

test('every directory and the publication are flushed to disk, children first, before the build is reported', async (t) => {
  const step = makeStep(temporaryDirectory(t), '1', { 'a/b/c/file': 'x', 'd/': '' });
  const faulty = new FaultyOs();
  await build(await planFor(step), faulty.os);
  const order = faulty.calls.flatMap(({ method, purpose }) =>
    method === 'fsync' || purpose === 'publish snapshot' ? [purpose] : [],
  );
  const directories = Array<string>(6).fill('sync directory');
  assert.deepEqual(order, [...directories, 'publish snapshot', 'sync publication']);
});

test('directories are private while they are filled', async (t) => {
  const step = makeStep(temporaryDirectory(t), '1', { 'a/file': 'x', 'b/file': 'x' });
  const plan = await planFor(step);
  const modes: number[] = [];
  const faulty = new FaultyOs().before(
    'link file',
    () => {
      const building = join(plan.snapshotDirectory, plan.temporaryName);
      modes.push(mode(building), mode(join(building, '1')), mode(join(building, '1', 'b')));
    },
    2,
  );
  await build(plan, faulty.os);
  assert.deepEqual(modes, [0o700, 0o700, 0o700]);
});

test('files added after the inventory are not in the snapshot', async (t) => {
  const step = makeStep(temporaryDirectory(t), '1');
  const plan = await planFor(step);
  const before = contentOf(step);
  writeFileSync(join(step, 'default', 'added'), '');
  mkdirSync(join(step, 'added'));
  symlinkSync('/etc', join(step, 'link'));
  await build(plan);
  assert.deepEqual(contentOf(published(plan)), before);
});

test('hostile names are linked as they are', async (t) => {
  const names = { 'a\nb': '1', ' ': '2', '..x/...': '3', '😀/é': '4', '-rf': '5', '\\/%2e%2e': '6' };
  const step = makeStep(temporaryDirectory(t), '1', names);
  for (const how of ['hardlink', 'copy'] as const) {
    const plan = await planFor(step, { mode: how, publishedName: how });
    await build(plan);
    assert.deepEqual(contentOf(published(plan)), contentOf(step));
  }
});

test('an occupied name is busy, even if an empty directory or a dangling link has it, and nothing is left behind', async (t) => {
  const step = makeStep(temporaryDirectory(t), '1');
  const occupants: ((path: string) => void)[] = [
    (path) => mkdirSync(path),
    (path) => makeStep(path, 'x'),
    (path) => writeFileSync(path, ''),
    (path) => symlinkSync('nowhere', path),
  ];
  for (const publishedName of ['g1', null]) {
    for (const occupy of occupants) {
      for (const late of [false, true]) {
        const plan = await planFor(step, { publishedName });
        const target = join(plan.snapshotDirectory, publishedName ?? '1');
        const faulty = new FaultyOs();
        if (late) faulty.before('check published name', () => occupy(target), 2);
        else occupy(target);
        const before = late ? null : lstatSync(target).ino;
        assert.deepEqual(await buildSnapshot(faulty.os, plan), { outcome: 'busy' });
        if (before !== null) assert.equal(lstatSync(target).ino, before);
        assert.deepEqual(entries(plan), [publishedName ?? '1']);
        rmSync(target, { recursive: true });
      }
    }
  }
});

test('what a crashed build left under the temporary name is replaced', async (t) => {
  const step = makeStep(temporaryDirectory(t), '1');
  const plan = await planFor(step);
  makeStep(plan.snapshotDirectory, plan.temporaryName, { '1/stale': 'x' });
  await build(plan);
  assert.deepEqual(contentOf(published(plan)), contentOf(step));
});

test('a step with a link or special file inside is refused, and the sentence names it', async (t) => {
  const step = makeStep(temporaryDirectory(t), '1');
  symlinkSync('/etc/passwd', join(step, 'default', 'link'));
  const plan = await planFor(step);
  const result = await buildSnapshot(nodeOs, plan);
  assert.ok(result.outcome === 'failed');
  assert.equal(result.errno, 'ELOOP');
  assert.match(result.detail, /default\/link is a symbolic link/);
  assert.deepEqual(entries(plan), []);
  const { inventory } = plan;
  const fifo = { ...plan, inventory: { ...inventory, irregular: { path: 'p', kind: 'FIFO' as const } } };
  const second = await buildSnapshot(nodeOs, fifo);
  assert.equal(second.outcome === 'failed' && second.errno, 'EINVAL');
});

test('names that are paths are refused', async (t) => {
  const plan = await planFor(makeStep(temporaryDirectory(t), '1'));
  for (const bad of ['../x', 'a/b', '..', '.', '', 'a\0b'])
    for (const field of ['temporaryName', 'stepName', 'publishedName'] as const)
      await assert.rejects(buildSnapshot(nodeOs, { ...plan, [field]: bad }), { code: 'EINVAL' });
});

test('hard links to another filesystem fail with EXDEV and the remedy; a copy works', async (t) => {
  const step = makeStep(temporaryDirectory(t), '1');
  const other = otherFilesystem(t, step);
  if (other === null) return t.skip('the temporary directory and /dev/shm are one filesystem');
  const plan = await planFor(step, { snapshotDirectory: join(other, 'snapshots') });
  const result = await buildSnapshot(nodeOs, plan);
  assert.ok(result.outcome === 'failed');
  assert.equal(result.errno, 'EXDEV');
  assert.match(result.detail, /same filesystem.*"copy"/);
  assert.deepEqual(entries(plan), []);
  const inventory = await build({ ...plan, mode: 'copy' });
  assert.deepEqual(contentOf(published(plan)), contentOf(step));
  assert.equal(inventory.digest, plan.inventory.digest);
});

test('a reflink is one, or fails with the remedy', async (t) => {
  const step = makeStep(temporaryDirectory(t), '1');
  const plan = await planFor(step, { mode: 'reflink' });
  const result = await buildSnapshot(nodeOs, plan);
  if (result.outcome === 'built') assert.deepEqual(contentOf(published(plan)), contentOf(step));
  else {
    assert.ok(result.outcome === 'failed');
    assert.match(result.errno, /ENOTSUP|EOPNOTSUPP|EINVAL|ENOTTY|ENOSYS|EXDEV/);
    assert.match(result.detail, /btrfs or xfs/);
    assert.deepEqual(entries(plan), []);
  }
});

test('reflinked files keep what copies keep', async (t) => {
  const step = makeStep(temporaryDirectory(t), '1');
  const plan = await planFor(step, { mode: 'reflink', immutable: true });
  // Stands in for a filesystem that shares extents.
  const os = {
    ...nodeOs,
    clone: (_: string, from: string, to: string) => {
      const bytes = Buffer.from(nodeOs.readText('', from));
      writeFileSync(to, bytes, { flag: 'wx' });
    },
  };
  const inventory = await build(plan, os);
  assert.equal(inventory.digest, plan.inventory.digest);
  assert.deepEqual(contentOf(published(plan)), contentOf(step));
  assert.equal(mode(join(published(plan), 'default', '_METADATA')), 0o444);
});

test('the trainer can delete its step at any moment of a build, without an error', async (t) => {
  const root = temporaryDirectory(t);
  const files = { 'a/1': 'x', 'a/b/2': 'yy', '3': 'zzz' };
  for (const how of ['hardlink', 'copy'] as const) {
    const probe = new FaultyOs();
    const first = await planFor(makeStep(root, '1', files), { mode: how });
    await build(first, probe.os);
    rmSync(join(first.snapshotDirectory, 'g1'), { recursive: true });
    for (const { number } of probe.calls) {
      const step = makeStep(root, '1', files);
      const original = contentOf(step);
      const plan = await planFor(step, { mode: how });
      const faulty = new FaultyOs().beforeNumber(number, () => rmSync(step, { recursive: true }));
      const result = await buildSnapshot(faulty.os, plan);
      if (result.outcome === 'built') {
        assert.deepEqual(contentOf(published(plan)), original, `call ${number}`);
        rmSync(join(plan.snapshotDirectory, 'g1'), { recursive: true });
      } else {
        assert.equal(result.outcome, 'gone', `call ${number}: ${JSON.stringify(result)}`);
        assert.deepEqual(entries(plan), [], `call ${number}`);
        rmSync(step, { recursive: true, force: true });
      }
    }
  }
});

const swaps: Record<string, (step: string) => void> = {
  'a link': (step) => {
    unlinkSync(join(step, 'default/d/2c3d'));
    symlinkSync('/etc/passwd', join(step, 'default/d/2c3d'));
  },
  'another file': (step) => {
    unlinkSync(join(step, 'default/d/2c3d'));
    // A file more, so that the inode does not come back at once.
    writeFileSync(join(step, 'other'), '');
    writeFileSync(join(step, 'default/d/2c3d'), 'second data file');
  },
  'a directory': (step) => {
    unlinkSync(join(step, 'default/d/2c3d'));
    mkdirSync(join(step, 'default/d/2c3d'));
  },
  'a file of another size': (step) => writeFileSync(join(step, 'default/d/2c3d'), 'truncated'),
  nothing: (step) => unlinkSync(join(step, 'default/d/2c3d')),
  'a linked directory above it': (step) => {
    rmSync(join(step, 'default/d'), { recursive: true });
    makeStep(step, 'elsewhere', { '0a1b': '', '2c3d': '' });
    symlinkSync('../elsewhere', join(step, 'default/d'));
  },
  'another step': (step) => {
    rmSync(step, { recursive: true });
    mkdirSync(`${step}.other`);
    makeStep(step, '');
  },
  'a link to a step': (step) => {
    rmSync(step, { recursive: true });
    makeStep(`${step}.real`, '');
    symlinkSync(`${step}.real`, step);
  },
};
for (const [what, swap] of Object.entries(swaps)) {
  test(`${what} in the place of a file since the inventory: gone, and nothing of it is kept`, async (t) => {
    for (const how of ['hardlink', 'copy'] as const) {
      const step = makeStep(temporaryDirectory(t), '1');
      const plan = await planFor(step, { mode: how });
      swap(step);
      const result = await buildSnapshot(nodeOs, plan);
      assert.equal(result.outcome, 'gone', JSON.stringify(result));
      assert.deepEqual(entries(plan), []);
    }
  });
}

test('a directory of the snapshot swapped for a link while it is filled takes nothing elsewhere', async (t) => {
  const root = temporaryDirectory(t);
  const step = makeStep(root, '1', { 'a/1': 'x', 'a/2': 'x' });
  mkdirSync(join(root, 'victim'));
  const plan = await planFor(step);
  const faulty = new FaultyOs().before(
    'link file',
    () => {
      const directory = join(plan.snapshotDirectory, plan.temporaryName, '1', 'a');
      rmSync(directory, { recursive: true });
      symlinkSync(join(root, 'victim'), directory);
    },
    2,
  );
  const result = await buildSnapshot(faulty.os, plan);
  assert.equal(result.outcome, 'failed');
  assert.deepEqual(readdirSync(join(root, 'victim')), []);
  assert.deepEqual(entries(plan), []);
});
