import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { nodeOs } from '../../../src/adapters/filesystem/os.js';
import { claim, markOf } from '../../../src/adapters/filesystem/owner-mark.js';
import { splitNames } from '../../../src/adapters/filesystem/protocol.js';
import { isOccupied, snapshotEntries } from '../../../src/adapters/filesystem/snapshot-tree.js';
import { FaultyOs, refuse } from '../../support/fs-faulty-os.js';
import { makeStep, openDescriptors } from '../../support/fs-step.js';
import { temporaryDirectory } from '../../support/fs-temporary.js';

test('a claim makes the directory, its mark and the file that Orbax heeds', (t) => {
  const directory = join(temporaryDirectory(t), '_STEPLEASE');
  assert.deepEqual(claim(nodeOs, directory, 'store-1'), { outcome: 'owned' });
  const mark: unknown = JSON.parse(readFileSync(join(directory, 'owner.json'), 'utf8'));
  assert.ok(
    typeof mark === 'object' && mark !== null && 'store' in mark && 'created_at' in mark && 'note' in mark,
  );
  assert.equal(mark.store, 'store-1');
  assert.equal(readFileSync(join(directory, 'commit_success.txt'), 'utf8'), '');
  assert.deepEqual(splitNames(snapshotEntries(nodeOs, directory)), []);
});

test('a claim can be repeated by its owner and by nobody else', (t) => {
  const directory = join(temporaryDirectory(t), '_STEPLEASE');
  claim(nodeOs, directory, 'store-1');
  assert.deepEqual(claim(nodeOs, directory, 'store-1'), { outcome: 'owned' });
  assert.deepEqual(claim(nodeOs, directory, 'store-2'), { outcome: 'foreign', owner: 'store-1' });
  assert.equal(markOf(nodeOs, directory)?.store ?? null, 'store-1');
});

test('an existing directory without a mark is claimed with what is in it', (t) => {
  const directory = join(temporaryDirectory(t), '_SNAPSHOTS');
  makeStep(directory, '100');
  assert.equal(markOf(nodeOs, directory)?.store ?? null, null);
  assert.deepEqual(claim(nodeOs, directory, 'store-1'), { outcome: 'owned' });
  assert.deepEqual(splitNames(snapshotEntries(nodeOs, directory)), ['100']);
});

test('reading the owner changes nothing', (t) => {
  const root = temporaryDirectory(t);
  assert.equal(markOf(nodeOs, join(root, 'none'))?.store ?? null, null);
  assert.deepEqual(readdirSync(root), []);
});

test('a claim does not go through a link', (t) => {
  const root = temporaryDirectory(t);
  mkdirSync(join(root, 'elsewhere'));
  symlinkSync('elsewhere', join(root, '_STEPLEASE'));
  const result = claim(nodeOs, join(root, '_STEPLEASE'), 'store-1');
  assert.ok(result.outcome === 'failed');
  assert.equal(result.errno, 'ELOOP');
  assert.match(result.detail, /symbolic link/);
  assert.deepEqual(readdirSync(join(root, 'elsewhere')), []);
  assert.throws(() => markOf(nodeOs, join(root, '_STEPLEASE')), { code: 'ELOOP' });
});

test('a file in the way, and a missing parent, fail with a sentence', (t) => {
  const root = temporaryDirectory(t);
  writeFileSync(join(root, 'file'), '');
  const file = claim(nodeOs, join(root, 'file'), 'store-1');
  assert.equal(file.outcome === 'failed' && file.errno, 'ENOTDIR');
  const orphan = claim(nodeOs, join(root, 'none', '_STEPLEASE'), 'store-1');
  assert.equal(orphan.outcome === 'failed' && orphan.errno, 'ENOENT');
});

const badMarks: Record<string, (path: string) => void> = {
  'a FIFO': (path) => void execFileSync('mkfifo', [path]),
  'a link': (path) => symlinkSync('/etc/hostname', path),
  'a directory': (path) => mkdirSync(path),
  'half a mark': (path) => writeFileSync(path, '{"store": "sto'),
  'no store': (path) => writeFileSync(path, '{}'),
  '1 GB': (path) => {
    writeFileSync(path, '');
    truncateSync(path, 1e9);
  },
};
for (const [what, make] of Object.entries(badMarks)) {
  test(`${what} in the place of the mark fails the claim, and is left as it is`, (t) => {
    const directory = join(temporaryDirectory(t), '_STEPLEASE');
    mkdirSync(directory);
    make(join(directory, 'owner.json'));
    const result = claim(nodeOs, directory, 'store-1');
    assert.equal(result.outcome, 'failed', JSON.stringify(result));
    assert.deepEqual(readdirSync(directory), ['owner.json']);
    assert.throws(() => markOf(nodeOs, directory));
  });
}

test('of two stores that claim at the same time one wins', (t) => {
  const directory = join(temporaryDirectory(t), '_STEPLEASE');
  const faulty = new FaultyOs().before('publish owner mark', () => {
    assert.deepEqual(claim(nodeOs, directory, 'store-2'), { outcome: 'owned' });
  });
  assert.deepEqual(claim(faulty.os, directory, 'store-1'), { outcome: 'foreign', owner: 'store-2' });
  assert.equal(markOf(nodeOs, directory)?.store ?? null, 'store-2');
});

test('what claims left behind that were cut off before there was an owner goes with the first that succeeds', (t) => {
  const directory = join(temporaryDirectory(t), '_STEPLEASE');
  mkdirSync(directory);
  writeFileSync(join(directory, '.tmp-owner-1-1'), '{"store":"store-9"}');
  assert.deepEqual(claim(nodeOs, directory, 'store-1'), { outcome: 'owned' });
  assert.deepEqual(readdirSync(directory).toSorted(), ['commit_success.txt', 'owner.json']);
});

test('a filesystem without hard links can be claimed', (t) => {
  const directory = join(temporaryDirectory(t), '_STEPLEASE');
  const faulty = new FaultyOs().failMethod('link', 'EPERM');
  assert.deepEqual(claim(faulty.os, directory, 'store-1'), { outcome: 'owned' });
  assert.equal(markOf(nodeOs, directory)?.store ?? null, 'store-1');
  assert.deepEqual(readdirSync(directory).toSorted(), ['commit_success.txt', 'owner.json']);
});

test('a mark for which there is no room leaves no temporary file behind', (t) => {
  const directory = join(temporaryDirectory(t), '_STEPLEASE');
  const full = new FaultyOs().rule(({ method, purpose }) => {
    if (method === 'write' && purpose === 'write owner mark') refuse('ENOSPC');
  });
  const result = claim(full.os, directory, 'store-1');
  assert.equal(result.outcome === 'failed' && result.errno, 'ENOSPC');
  assert.deepEqual(readdirSync(directory), []);
});

test('a crash or an error at any call leaves a whole mark or none, and the claim can be repeated', (t) => {
  class Crash extends Error {}
  const root = temporaryDirectory(t);
  const probe = new FaultyOs();
  claim(probe.os, join(root, 'probe'), 'store-1');
  const before = openDescriptors();
  for (const { number, method, purpose } of probe.calls) {
    if (method === 'close') continue;
    for (const crash of [true, false]) {
      const directory = join(root, `${number}-${crash}`);
      const faulty = new FaultyOs().rule((call) => {
        if (crash && call.number >= number && call.method !== 'close') throw new Crash();
        if (!crash && call.number === number && purpose !== 'find handles') refuse('ENOSPC');
      });
      try {
        const result = claim(faulty.os, directory, 'store-1');
        assert.equal(
          result.outcome === 'failed',
          purpose !== 'find handles',
          `call ${number} ${method} ${purpose}`,
        );
      } catch (error) {
        assert.ok(error instanceof Crash);
      }
      if (existsSync(directory))
        assert.ok([null, 'store-1'].includes(markOf(nodeOs, directory)?.store ?? null));
      assert.deepEqual(claim(nodeOs, directory, 'store-1'), { outcome: 'owned' }, `call ${number}`);
      // Whatever the crash left has a name that the reconciler clears away.
      for (const name of splitNames(snapshotEntries(nodeOs, directory))) assert.match(name, /^\.tmp-/);
    }
  }
  assert.equal(openDescriptors(), before);
});

test('entries of an absent directory are none, and occupation is by anything at all', (t) => {
  const root = temporaryDirectory(t);
  assert.deepEqual(splitNames(snapshotEntries(nodeOs, join(root, 'none'))), []);
  symlinkSync('nowhere', join(root, 'dangling'));
  assert.equal(isOccupied(nodeOs, join(root, 'dangling')), true);
  assert.equal(isOccupied(nodeOs, join(root, 'none')), false);
  assert.equal(isOccupied(nodeOs, join(root, 'none', 'none')), false);
  rmSync(join(root, 'dangling'));
});

test('a claim that is refused says what to do', (t) => {
  const { os } = new FaultyOs().fail('make snapshot directory', 'EACCES');
  const refused = claim(os, join(temporaryDirectory(t), '_STEPLEASE'), 'store-1');
  assert.ok(refused.outcome === 'failed');
  assert.equal(refused.errno, 'EACCES');
  assert.match(
    refused.detail,
    /cannot be claimed .* run it as the trainer’s user, or give its group the right\.$/,
  );
});
