import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { DirectoryFiles } from '../../../src/adapters/restore/directory-files.js';
import { RestoreError } from '../../../src/engine/restore/restore-error.js';

const ALL = { maxBytes: 1000 };

function refused(detail: RegExp): (error: unknown) => boolean {
  return (error) =>
    error instanceof RestoreError && error.code === 'metadata_unreadable' && detail.test(error.detail);
}

describe('a checkpoint directory', () => {
  let root = '';
  let files = new DirectoryFiles(root);

  before(() => {
    root = mkdtempSync(join(tmpdir(), 'restore-files-'));
    mkdirSync(join(root, 'inside', 'deep'), { recursive: true });
    writeFileSync(join(root, 'inside', 'deep', 'file'), '0123456789');
    writeFileSync(join(root, 'secret'), 'secret');
    symlinkSync('../secret', join(root, 'inside', 'link'));
    symlinkSync('deep', join(root, 'inside', 'linked-directory'));
    execFileSync('sh', ['-c', 'mkfifo "$0"', join(root, 'inside', 'fifo')]);
    files = new DirectoryFiles(join(root, 'inside'));
  });

  after(() => rmSync(root, { recursive: true }));

  it('gives a file, or a part of it', () => {
    assert.equal(Buffer.from(files.read('deep/file', ALL) ?? []).toString(), '0123456789');
    const part = files.read('deep/file', { ...ALL, offset: 3, length: 4 });
    assert.equal(Buffer.from(part ?? []).toString(), '3456');
    assert.equal(files.size('deep/file'), 10);
    assert.equal(Buffer.from(files.within('deep').read('file', ALL) ?? []).length, 10);
  });

  it('says when there is no such file or directory', () => {
    assert.equal(files.read('deep/other', ALL), null);
    assert.equal(files.read('other/file', ALL), null);
    assert.equal(files.read('deep/file/x', ALL), null);
    assert.equal(files.size('other'), null);
    assert.equal(files.list('other'), null);
  });

  it('refuses to read past the end, or more than allowed', () => {
    assert.throws(
      () => files.read('deep/file', { ...ALL, offset: 8, length: 3 }),
      refused(/ends at byte 10/),
    );
    assert.throws(() => files.read('deep/file', { maxBytes: 9 }), refused(/more than the 9/));
  });

  it('follows no link, neither to a file nor through a directory', () => {
    assert.throws(() => files.read('link', ALL), refused(/symbolic link/));
    assert.throws(() => files.read('linked-directory/file', ALL), refused(/symbolic link/));
    assert.throws(() => files.list('linked-directory'), refused(/symbolic link/));
    const kinds = new Map(files.list('')?.map((entry) => [entry.name, entry.kind]));
    assert.equal(kinds.get('link'), 'other');
    assert.equal(kinds.get('deep'), 'directory');
  });

  it('never leaves itself', () => {
    for (const path of [
      '../secret',
      'deep/../../secret',
      '/etc/passwd',
      './deep/file',
      'deep//file',
      'a\0b',
      '',
    ]) {
      assert.throws(() => files.read(path, ALL), refused(/leaves|normal form/));
    }
  });

  it('opens no directory, and waits for no FIFO', () => {
    assert.throws(() => files.read('deep', ALL), refused(/regular file/));
    assert.throws(() => files.read('fifo', ALL), refused(/regular file/));
  });
});
