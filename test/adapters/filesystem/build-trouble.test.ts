import assert from 'node:assert/strict';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { buildSnapshot } from '../../../src/adapters/filesystem/build-snapshot.js';
import { nodeOs } from '../../../src/adapters/filesystem/os.js';
import type { BuildPlan } from '../../../src/engine/file-system.js';
import { FaultyOs, refuse } from '../../support/fs-faulty-os.js';
import { contentOf, makeStep, openDescriptors, planFor } from '../../support/fs-step.js';
import { temporaryDirectory } from '../../support/fs-temporary.js';

const entries = (plan: BuildPlan) =>
  readdirSync(plan.snapshotDirectory).filter((name) => !['owner.json', 'commit_success.txt'].includes(name));

const troubles: [errno: string, purpose: string, mode: BuildPlan['mode'], remedy: RegExp][] = [
  ['EXDEV', 'link file', 'hardlink', /same filesystem/],
  ['EPERM', 'link file', 'hardlink', /protected_hardlinks.*trainer’s user.*umask/],
  ['EACCES', 'link file', 'hardlink', /protected_hardlinks/],
  ['EMLINK', 'link file', 'hardlink', /"reflink" or "copy"/],
  ['ENOSPC', 'link file', 'hardlink', /no space or no inodes/],
  ['EDQUOT', 'make directory', 'hardlink', /quota/],
  ['EROFS', 'make temporary', 'hardlink', /read-only.*snapshot_dir/],
  ['EOPNOTSUPP', 'link file', 'hardlink', /no hard links/],
  ['EOPNOTSUPP', 'clone file', 'reflink', /btrfs or xfs/],
  ['EINVAL', 'clone file', 'reflink', /btrfs or xfs/],
  ['EXDEV', 'clone file', 'reflink', /same filesystem/],
  ['ENOSPC', 'write file', 'copy', /no space/],
  ['ENOSPC', 'sync directory', 'hardlink', /no space/],
  ['EDQUOT', 'create file', 'copy', /quota/],
  ['EACCES', 'open source', 'copy', /able to read the checkpoint/],
  ['EIO', 'publish snapshot', 'hardlink', /EIO/],
];
for (const [errno, purpose, mode, remedy] of troubles) {
  test(`${errno} at "${purpose}" in mode ${mode} fails with the remedy and leaves nothing behind`, async (t) => {
    const plan = await planFor(makeStep(temporaryDirectory(t), '1'), { mode });
    const result = await buildSnapshot(new FaultyOs().fail(purpose, errno, 1).os, plan);
    assert.ok(result.outcome === 'failed', JSON.stringify(result));
    assert.equal(result.errno, errno);
    assert.match(result.detail, remedy);
    assert.ok(result.detail.startsWith(result.path));
    assert.deepEqual(entries(plan), []);
  });
}

test('the third of several links that fails is the one that the answer names', async (t) => {
  const plan = await planFor(makeStep(temporaryDirectory(t), '1'));
  const result = await buildSnapshot(new FaultyOs().fail('link file', 'ENOSPC', 3).os, plan);
  assert.equal(result.outcome === 'failed' && result.path, join(plan.source, 'default/manifest.ocdbt'));
});

/** Calls whose failure changes nothing: a group that may not be given, and looks at what failed before. */
const HARMLESS = new Set(['find handles', 'close directory', 'close source', 'close file']);

for (const mode of ['hardlink', 'copy'] as const) {
  for (const publishedName of ['g1', null]) {
    test(`one EIO at any call, ${mode}, published as ${publishedName}: failed, nothing published, nothing left open`, async (t) => {
      const root = temporaryDirectory(t);
      const step = makeStep(root, '1', { 'a/1': 'x', 'b/2': 'y' });
      const plan = await planFor(step, { mode, publishedName });
      const probe = new FaultyOs();
      await buildSnapshot(probe.os, plan);
      rmSync(join(plan.snapshotDirectory, publishedName ?? '1'), { recursive: true });
      const before = openDescriptors();
      for (const { number, purpose, method } of probe.calls) {
        if (HARMLESS.has(purpose)) continue;
        const label = `call ${number}, ${method} "${purpose}"`;
        const result = await buildSnapshot(new FaultyOs().beforeNumber(number, () => refuse('EIO')).os, plan);
        assert.equal(result.outcome, 'failed', label);
        assert.equal(result.errno, 'EIO', label);
        assert.deepEqual(entries(plan), [], label);
      }
      assert.equal(openDescriptors(), before);
      assert.deepEqual(contentOf(step), { a: null, 'a/1': 'x', b: null, 'b/2': 'y' });
    });
  }
}

test('a crash at any call leaves a published snapshot complete, or none', async (t) => {
  class Crash extends Error {}
  for (const publishedName of ['g1', null]) {
    const step = makeStep(temporaryDirectory(t), '1', { 'a/1': 'x', 'b/2': 'y' });
    const plan = await planFor(step, { publishedName });
    const target = join(plan.snapshotDirectory, publishedName ?? '1');
    const tree = publishedName === null ? target : join(target, '1');
    const probe = new FaultyOs();
    await buildSnapshot(probe.os, plan);
    for (let number = 1; number <= probe.calls.length; number++) {
      rmSync(target, { recursive: true, force: true });
      // From then on nothing happens any more; closing is what the kernel does for a dead process.
      const faulty = new FaultyOs().rule((call) => {
        if (call.number >= number && call.method !== 'close') throw new Crash();
      });
      await buildSnapshot(faulty.os, plan).catch((error) => assert.ok(error instanceof Crash));
      const there = readdirSync(plan.snapshotDirectory).includes(publishedName ?? '1');
      if (there) assert.deepEqual(contentOf(tree), contentOf(step), `call ${number}`);
      else assert.equal((await buildSnapshot(nodeOs, plan)).outcome, 'built', `call ${number}`);
    }
  }
});

test('a copy whose filesystem rounds times is refused, since it could not be verified after a restart', async (t) => {
  const plan = await planFor(makeStep(temporaryDirectory(t), '1'), { mode: 'copy' });
  const os = {
    ...nodeOs,
    futimes: (_: string, fd: number, atime: number, mtime: number) =>
      nodeOs.futimes(_, fd, Math.floor(atime), Math.floor(mtime)),
  };
  const result = await buildSnapshot(os, plan);
  assert.ok(result.outcome === 'failed');
  assert.match(result.detail, /does not keep times/);
});

test('a file that grows or shrinks while it is copied ends the build', async (t) => {
  for (const content of ['longer than it was before', '']) {
    const step = makeStep(temporaryDirectory(t), '1', { file: 'content' });
    const plan = await planFor(step, { mode: 'copy' });
    const faulty = new FaultyOs().before('read source', () => makeStep(step, '', { file: content }));
    assert.deepEqual(await buildSnapshot(faulty.os, plan), {
      outcome: 'gone',
      vanished: { path: 'file', how: 'replaced' },
    });
    assert.deepEqual(entries(plan), []);
  }
});

test('a group that may not be given is left alone', async (t) => {
  const plan = await planFor(makeStep(temporaryDirectory(t), '1'), { mode: 'copy' });
  const os = {
    ...nodeOs,
    fstat: (purpose: string, fd: number) => {
      const stats = nodeOs.fstat(purpose, fd);
      if (purpose === 'set group') stats.gid = 4242n;
      return stats;
    },
    fchown: () => refuse('EPERM'),
  };
  assert.equal((await buildSnapshot(os, plan)).outcome, 'built');
});
