import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { locate, space } from '../../../src/adapters/filesystem/locate.js';
import { mediumOf } from '../../../src/adapters/filesystem/medium.js';
import { parseMounts } from '../../../src/adapters/filesystem/mount-table.js';
import { nodeOs, type Os } from '../../../src/adapters/filesystem/os.js';
import { FaultyOs } from '../../support/fs-faulty-os.js';
import { temporaryDirectory } from '../../support/fs-temporary.js';

/** A system on which every path lies on one mount of the given line. */
function mountedAs(line: string, type: bigint): Os {
  return {
    ...nodeOs,
    statfs: (purpose, path) => Object.assign(nodeOs.statfs(purpose, path), { type }),
    readText: (_, path) =>
      path.includes('fdinfo') ? 'pos:\t0\nmnt_id:\t77\n' : `1 0 8:1 / / rw - ext4 /dev/a rw\n${line}\n`,
  };
}

test('links are resolved, and the type is the kernel’s own name', (t) => {
  const base = temporaryDirectory(t);
  mkdirSync(join(base, 'real'));
  symlinkSync('real', join(base, 'link'));
  const located = locate(nodeOs, join(base, 'link'));
  assert.equal(located.realPath, join(base, 'real'));
  assert.equal(located.errno, null);
  assert.match(located.filesystem, /^[a-z0-9.]+$/);
  assert.equal(located.gcsfuse, false);
});

test('what is not there, or no directory, is located by its ancestor and says why', (t) => {
  const base = temporaryDirectory(t);
  writeFileSync(join(base, 'file'), '');
  symlinkSync('loop', join(base, 'loop'));
  const { medium, filesystem } = locate(nodeOs, base);
  const cases: Record<string, string> = {
    none: 'ENOENT',
    'none/deeper': 'ENOENT',
    file: 'ENOTDIR',
    'file/x': 'ENOTDIR',
    loop: 'ELOOP',
  };
  for (const [path, errno] of Object.entries(cases))
    assert.deepEqual(
      locate(nodeOs, join(base, path)),
      { realPath: null, errno, medium, filesystem, gcsfuse: false },
      path,
    );
});

test('no permission is an answer, not an exception', (t) => {
  const base = temporaryDirectory(t);
  const located = locate(new FaultyOs().failMethod('realpath', 'EACCES').os, base);
  assert.equal(located.realPath, null);
  assert.equal(located.errno, 'EACCES');
});

test('local and network filesystems are told apart by their magic numbers, and an unknown one is polled', () => {
  const media: [bigint, string, string][] = [
    [0xef53n, 'local', 'ext4'],
    [0x58465342n, 'local', 'xfs'],
    [0x9123683en, 'local', 'btrfs'],
    // Where the type is a signed 32-bit number.
    [BigInt.asIntN(32, 0x9123683en), 'local', 'btrfs'],
    [BigInt.asIntN(64, 0xff534d42n - 0x1_0000_0000n), 'network', 'cifs'],
    [0x01021994n, 'local', 'tmpfs'],
    [0x2fc12fc1n, 'local', 'zfs'],
    [0x794c7630n, 'local', 'overlay'],
    [0x6969n, 'network', 'nfs'],
    [0xfe534d42n, 'network', 'smb2'],
    [0x65735546n, 'network', 'fuse'],
    [0x01021997n, 'network', '9p'],
    [0x0bd00bd0n, 'network', 'lustre'],
    [0x47504653n, 'network', 'gpfs'],
    [0x00c36400n, 'network', 'ceph'],
    [0x19830326n, 'network', 'beegfs'],
    [0x5346414fn, 'network', 'afs'],
    [0xabcdefn, 'network', '0xabcdef'],
  ];
  for (const [type, medium, filesystem] of media)
    assert.deepEqual(mediumOf(type), { medium, filesystem }, type.toString(16));
});

test('gcsfuse is known by its type or its source, other FUSE filesystems are not taken for it', (t) => {
  const base = temporaryDirectory(t);
  const gcsfuse = locate(
    mountedAs('77 1 0:50 / /gcs rw shared:1 master:2 - fuse.gcsfuse bucket rw', 0x65735546n),
    base,
  );
  assert.deepEqual([gcsfuse.medium, gcsfuse.filesystem, gcsfuse.gcsfuse], ['network', 'fuse.gcsfuse', true]);
  const bySource = locate(mountedAs('77 1 0:50 / /gcs rw - fuse gcsfuse rw', 0x65735546n), base);
  assert.equal(bySource.gcsfuse, true);
  const sshfs = locate(mountedAs('77 1 0:50 / /ssh rw - fuse.sshfs host:/gcs rw', 0x65735546n), base);
  assert.deepEqual([sshfs.medium, sshfs.gcsfuse], ['network', false]);
  const nfs = locate(mountedAs('77 1 0:50 / /nfs rw - nfs4 host:/ rw', 0x6969n), base);
  assert.deepEqual([nfs.medium, nfs.filesystem], ['network', 'nfs4']);
});

test('without /proc the magic number alone decides', (t) => {
  const located = locate(new FaultyOs().failMethod('readText', 'ENOENT').os, temporaryDirectory(t));
  assert.equal(located.filesystem, mediumOf(nodeOs.statfs('', '/tmp').type).filesystem);
});

test('mountinfo is read by its columns, optional ones skipped, garbage ignored', () => {
  const text =
    '36 35 98:0 /a /b rw,noatime master:1 shared:2 - ext3 /dev/root rw\n\nnonsense\n37 35 0:1 / /c rw - tmpfs none rw';
  assert.deepEqual(parseMounts(text), [
    { id: '36', filesystem: 'ext3', source: '/dev/root' },
    { id: '37', filesystem: 'tmpfs', source: 'none' },
  ]);
});

test('space is that of the nearest existing ancestor', (t) => {
  const base = temporaryDirectory(t);
  const there = space(nodeOs, base);
  assert.ok(there.totalBytes >= there.freeBytes && there.totalBytes > 0);
  assert.equal(space(nodeOs, join(base, 'not', 'yet', 'there')).totalBytes, there.totalBytes);
  assert.throws(() => space(new FaultyOs().failMethod('statfs', 'EIO').os, base), { code: 'EIO' });
});
