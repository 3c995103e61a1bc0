import assert from 'node:assert/strict';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { linkability } from '../../../src/adapters/filesystem/linkability.js';
import { nodeOs, type Os } from '../../../src/adapters/filesystem/os.js';
import { FaultyOs, refuse } from '../../support/fs-faulty-os.js';
import { makeStep, take } from '../../support/fs-step.js';
import { otherFilesystem, temporaryDirectory } from '../../support/fs-temporary.js';

/** As seen by a user without privileges whom the step's files do not belong to. */
function stranger(mode: bigint, writable: boolean, isProtected = true): Os {
  return {
    ...nodeOs,
    readText: (purpose, path) => {
      if (path.endsWith('protected_hardlinks')) return isProtected ? '1\n' : '0\n';
      return path.endsWith('status')
        ? 'Name:\tnode\nCapEff:\t0000000000000000\n'
        : nodeOs.readText(purpose, path);
    },
    lstat: (purpose, path) => {
      const stats = nodeOs.lstat(purpose, path);
      return purpose === 'probe file'
        ? Object.assign(stats, { uid: 4_000_000n, mode: 0o100000n | mode })
        : stats;
    },
    access: (purpose, path, mode) => {
      if (purpose === 'probe file' && !writable) refuse('EACCES');
      nodeOs.access(purpose, path, mode);
    },
  };
}

test('nothing stands in the way on one filesystem, with the directory there or not, and nothing is written', async (t) => {
  const root = temporaryDirectory(t);
  const step = makeStep(root, '1');
  const { inventory } = await take(step);
  for (const directory of [root, join(root, '_STEPLEASE'), join(root, 'a', 'b')])
    assert.equal(linkability(nodeOs, step, inventory, directory), null);
  assert.deepEqual(readdirSync(root), ['1']);
});

test('another filesystem is EXDEV', async (t) => {
  const step = makeStep(temporaryDirectory(t), '1');
  const other = otherFilesystem(t, step);
  if (other === null) return t.skip('the temporary directory and /dev/shm are one filesystem');
  const obstacle = linkability(nodeOs, step, (await take(step)).inventory, join(other, 'snapshots'));
  assert.equal(obstacle?.errno, 'EXDEV');
  assert.match(obstacle.detail, /same filesystem/);
});

test('another mount of the same filesystem is EXDEV, too', async (t) => {
  const root = temporaryDirectory(t);
  const step = makeStep(root, '1');
  let mount = 0;
  const os: Os = { ...nodeOs, readText: () => `mnt_id:\t${mount++}\n` };
  assert.equal(linkability(os, step, (await take(step)).inventory, root)?.errno, 'EXDEV');
});

test('a stranger’s file needs to be readable and writable, unless links are not protected', async (t) => {
  const root = temporaryDirectory(t);
  const step = makeStep(root, '1');
  const { inventory } = await take(step);
  const obstacle = linkability(stranger(0o644n, false), step, inventory, root);
  assert.equal(obstacle?.errno, 'EPERM');
  assert.match(obstacle.detail, /_CHECKPOINT_METADATA.*trainer’s user.*umask/);
  assert.equal(linkability(stranger(0o664n, true), step, inventory, root), null);
  assert.equal(linkability(stranger(0o644n, false, false), step, inventory, root), null);
});

test('a stranger’s set-user-ID or set-group-ID program cannot be linked at all', async (t) => {
  const root = temporaryDirectory(t);
  const step = makeStep(root, '1');
  const { inventory } = await take(step);
  assert.equal(linkability(stranger(0o4666n, true), step, inventory, root)?.errno, 'EPERM');
  assert.equal(linkability(stranger(0o2676n, true), step, inventory, root)?.errno, 'EPERM');
  assert.equal(linkability(stranger(0o2666n, true), step, inventory, root), null);
});

test('a snapshot directory that cannot be written to is named', async (t) => {
  const root = temporaryDirectory(t);
  const step = makeStep(root, '1');
  const faulty = new FaultyOs().rule(({ method }) => {
    if (method === 'access') refuse('EROFS');
  });
  const obstacle = linkability(faulty.os, step, (await take(step)).inventory, root);
  assert.equal(obstacle?.errno, 'EROFS');
  assert.match(obstacle.detail, /is not writable.*read-only/);
});

test('a step without files, or one that went, is no obstacle', async (t) => {
  const root = temporaryDirectory(t);
  const empty = makeStep(root, 'empty', {});
  assert.equal(linkability(stranger(0o644n, false), empty, (await take(empty)).inventory, root), null);
  const step = makeStep(root, '1');
  const { inventory } = await take(step);
  rmSync(join(step, '_CHECKPOINT_METADATA'));
  assert.equal(linkability(stranger(0o644n, false), step, inventory, root), null);
  rmSync(step, { recursive: true });
  assert.equal(linkability(nodeOs, step, inventory, root), null);
});
