import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { listRoot } from '../../../src/adapters/filesystem/list-root.js';
import { nodeOs } from '../../../src/adapters/filesystem/os.js';
import type { ListingMessage } from '../../../src/adapters/filesystem/protocol.js';
import { splitNames } from '../../../src/adapters/filesystem/protocol.js';
import { FaultyOs } from '../../support/fs-faulty-os.js';
import { temporaryDirectory } from '../../support/fs-temporary.js';
import { passTick } from '../../support/fs-tick.js';

function listed(message: ListingMessage) {
  assert.equal(message.outcome, 'listed');
  return message;
}

/** Lists as if the wall clock stood a second later: what changed until now is settled then. */
function listLater(t: TestContext, root: string, previous: string | null): ListingMessage {
  const now = Date.now();
  const mock = t.mock.method(Date, 'now', () => now + 1000);
  try {
    return listRoot(nodeOs, root, previous);
  } finally {
    mock.mock.restore();
  }
}

test('a listing tells directories, links and special entries apart, and of plain files names only those that end in a number', (t) => {
  const root = temporaryDirectory(t);
  mkdirSync(join(root, '100'));
  mkdirSync(join(root, '200'));
  writeFileSync(join(root, 'train.log'), '');
  writeFileSync(join(root, 'checkpoint_10'), '');
  symlinkSync('100', join(root, 'latest'));
  execFileSync('mkfifo', [join(root, 'pipe')]);
  const listing = listed(listRoot(nodeOs, root, null));
  assert.deepEqual(splitNames(listing.directories).toSorted(), ['100', '200']);
  assert.deepEqual(splitNames(listing.symbolicLinks), ['latest']);
  assert.deepEqual(splitNames(listing.others), ['pipe']);
  assert.deepEqual(splitNames(listing.numberedFiles), ['checkpoint_10']);
});

test('names with newlines, spaces, unicode and leading dots come through as they are', (t) => {
  const root = temporaryDirectory(t);
  const names = ['a\nb', 'a b', '…', '..x', '...', 'é', '😀', '\\', '%2f', '\'"'].toSorted();
  for (const name of names) mkdirSync(join(root, name));
  assert.deepEqual(splitNames(listed(listRoot(nodeOs, root, null)).directories).toSorted(), names);
});

test('entries whose kind the filesystem does not give are looked up, and those that vanish meanwhile left out', (t) => {
  const root = temporaryDirectory(t);
  for (const name of ['100', '200']) mkdirSync(join(root, name));
  const names = (): string[] => nodeOs.names('', root);
  const os = {
    ...nodeOs,
    readdir: () => [...names(), 'ghost'].map((name) => ({ name, kind: 'unknown' as const })),
  };
  assert.deepEqual(splitNames(listed(listRoot(os, root, null)).directories).toSorted(), ['100', '200']);
});

test('an empty directory lists nothing', (t) => {
  const listing = listed(listRoot(nodeOs, temporaryDirectory(t), null));
  assert.deepEqual(splitNames(listing.directories), []);
});

test('a directory that just changed gives no token', (t) => {
  const root = temporaryDirectory(t);
  mkdirSync(join(root, '100'));
  assert.equal(listed(listRoot(nodeOs, root, null)).token, null);
});

test('a settled directory is unchanged until an entry is created, renamed or removed', (t) => {
  const root = temporaryDirectory(t);
  const scratch = temporaryDirectory(t);
  const steps: [string, () => void][] = [
    ['created', () => mkdirSync(join(root, '100'))],
    ['renamed', () => renameSync(join(root, '100'), join(root, '200'))],
    ['removed', () => rmSync(join(root, '200'), { recursive: true })],
  ];
  for (const [what, change] of steps) {
    const { token } = listed(listLater(t, root, null));
    assert.ok(token);
    assert.deepEqual(listLater(t, root, token), { outcome: 'unchanged', realPath: root });
    passTick(root, scratch);
    change();
    assert.equal(listLater(t, root, token).outcome, 'listed', what);
  }
});

test('a modification time that was set back does not pass for unchanged', (t) => {
  const root = temporaryDirectory(t);
  const past = new Date('2020-01-01T00:00:00Z');
  utimesSync(root, past, past);
  const { token } = listed(listLater(t, root, null));
  passTick(root, temporaryDirectory(t));
  mkdirSync(join(root, '100'));
  utimesSync(root, past, past);
  assert.equal(listLater(t, root, token).outcome, 'listed');
});

test('another directory under the same path has another identity and is listed', (t) => {
  const root = join(temporaryDirectory(t), 'run');
  mkdirSync(root);
  const before = listed(listLater(t, root, null));
  renameSync(root, `${root}.old`);
  mkdirSync(root);
  const after = listed(listLater(t, root, before.token));
  assert.notEqual(after.identity, before.identity);
});

test('a network filesystem gives no token and never answers unchanged', (t) => {
  const root = temporaryDirectory(t);
  const { token } = listed(listLater(t, root, null));
  const nfs = {
    ...nodeOs,
    statfs: (_: string, path: string) => ({ ...nodeOs.statfs(_, path), type: 0x6969n }),
  };
  const message = listRoot(nfs, root, token);
  assert.equal(listed(message).token, null);
});

test('a link on the way to the root is resolved in realPath', (t) => {
  const base = temporaryDirectory(t);
  mkdirSync(join(base, 'real', 'run'), { recursive: true });
  symlinkSync('real', join(base, 'link'));
  assert.equal(listed(listRoot(nodeOs, join(base, 'link', 'run'), null)).realPath, join(base, 'real', 'run'));
  symlinkSync('real/run', join(base, 'run'));
  assert.equal(listed(listRoot(nodeOs, join(base, 'run'), null)).realPath, join(base, 'real', 'run'));
});

test('nothing, a file, and a dangling link are absent', (t) => {
  const base = temporaryDirectory(t);
  writeFileSync(join(base, 'file'), '');
  symlinkSync('nowhere', join(base, 'dangling'));
  assert.deepEqual(listRoot(nodeOs, join(base, 'none'), null), { outcome: 'absent', errno: 'ENOENT' });
  assert.deepEqual(listRoot(nodeOs, join(base, 'file'), null), { outcome: 'absent', errno: 'ENOTDIR' });
  assert.deepEqual(listRoot(nodeOs, join(base, 'file', 'x'), null), { outcome: 'absent', errno: 'ENOTDIR' });
  assert.deepEqual(listRoot(nodeOs, join(base, 'dangling'), null), { outcome: 'absent', errno: 'ENOENT' });
});

test('a directory removed while it is listed is absent, not empty', (t) => {
  const root = join(temporaryDirectory(t), 'run');
  mkdirSync(join(root, '100'), { recursive: true });
  const faulty = new FaultyOs().rule(({ method, purpose }) => {
    if (method === 'fstat' && purpose === 'list') rmSync(root, { recursive: true });
  });
  assert.deepEqual(listRoot(faulty.os, root, null), { outcome: 'absent', errno: 'ENOENT' });
});

for (const errno of ['EACCES', 'EIO', 'ESTALE', 'ETIMEDOUT', 'EMFILE']) {
  test(`${errno} means unavailable, with a sentence`, (t) => {
    const root = temporaryDirectory(t);
    const message = listRoot(new FaultyOs().failMethod('readdir', errno).os, root, null);
    assert.equal(message.outcome, 'unavailable');
    assert.equal(message.errno, errno);
    assert.match(message.detail, /cannot be listed/);
  });
}

test('a directory without read permission is unavailable', {
  skip: process.geteuid?.() === 0 && 'root reads all',
}, (t) => {
  const root = temporaryDirectory(t);
  chmodSync(root, 0o300);
  const message = listRoot(nodeOs, root, null);
  assert.equal(message.outcome, 'unavailable');
  assert.equal(message.errno, 'EACCES');
});
