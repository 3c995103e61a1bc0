import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { CheckpointRoot } from '../../support/checkpoint-root.js';
import { Child } from '../../support/child.js';
import { MAIN, ServerChild } from '../../support/server-child.js';
import { SmallFilesystem } from '../../support/small-filesystem.js';
import { treeContents } from '../../support/tree-contents.js';
import { agree } from '../crash/agreement.js';
import { FailingFilesystem } from './failing-filesystem.js';

const MIB = 1024 * 1024;

test('a disk that becomes read-only under the database refuses changes, answers questions, and loses nothing', async (t) => {
  const disk = FailingFilesystem.mount(t);
  if (typeof disk === 'string') return t.skip(disk);
  const root = CheckpointRoot.make(t);
  const contents = treeContents(root.save(1));
  const args = [root.path, '--db', join(disk.path, 'steplease.db'), '--log-level', 'error'];
  const server = await ServerChild.start(t, args);
  const lease = await server.ok(server.post('/leases', { step: 1, ttl: 600 }), 201);

  disk.fail();
  for (const refused of [
    server.post('/leases', { step: 1 }),
    server.post(`/leases/${lease.id}/renew`),
    server.delete(`/leases/${lease.id}`),
  ]) {
    const { detail } = await server.problem(refused, 507, 'insufficient_storage');
    assert.match(detail, /steplease\.db/);
  }
  assert.equal((await server.get('/livez')).status, 200);
  assert.equal((await server.ok(server.get('/steps/latest'))).step, 1);
  assert.equal((await server.ok(server.get(`/leases/${lease.id}`))).state, 'active');
  assert.deepEqual(treeContents(lease.path), contents);
  server.child.kill('SIGTERM');
  assert.equal(await server.child.exit(), 0, server.child.stderr);

  disk.repair();
  const mended = await ServerChild.start(t, args);
  assert.equal((await mended.ok(mended.get(`/leases/${lease.id}`))).state, 'active');
  assert.deepEqual(treeContents(lease.path), contents);
  await mended.ok(mended.delete(`/leases/${lease.id}`), 204);
  await agree(mended, { db: join(disk.path, 'steplease.db'), snapshots: root.at('_STEPLEASE') });
});

test('a database on a read-only or full disk is named at the start, with what to do, and the exit code is 2', async (t) => {
  const disk = SmallFilesystem.mount(t, 1 * MIB);
  if (typeof disk === 'string') return t.skip(disk);
  const root = CheckpointRoot.make(t);
  const db = join(disk.path, 'steplease.db');
  const serve = () => new Child(t, MAIN, ['serve', root.path, '--port', '0', '--db', db]);
  disk.fill(0);
  const noRoom = serve();
  assert.equal(await noRoom.exit(), 2, noRoom.stderr);
  assert.ok(noRoom.stderr.includes(db), noRoom.stderr);
  disk.free();
  disk.remount('ro');
  const readOnly = serve();
  assert.equal(await readOnly.exit(), 2, readOnly.stderr);
  assert.ok(readOnly.stderr.includes(db) && /writ/.test(readOnly.stderr), readOnly.stderr);
  disk.remount('rw');
  const server = await ServerChild.start(t, [root.path, '--db', db]);
  assert.equal((await server.get('/readyz')).status, 200);
});

test('no room for a snapshot is 507 with the errno and leaves no trace, and the same grant succeeds once there is room', async (t) => {
  const disk = SmallFilesystem.mount(t, 4 * MIB);
  if (typeof disk === 'string') return t.skip(disk);
  const root = new CheckpointRoot(disk.path);
  const contents = treeContents(root.save(1));
  const db = join(CheckpointRoot.make(t).path, '..', 'db');
  const server = await ServerChild.start(t, [root.path, '--db', db, '--log-level', 'error']);
  await server.ok(
    server.put('/runs/default', { directory: root.path, snapshot_mode: 'copy', min_free_bytes: 0 }),
  );
  for (let pagesLeft = 0; pagesLeft < 12; pagesLeft += 1) {
    disk.fill(pagesLeft);
    const { errno } = await server.problem(server.post('/leases', { step: 1 }), 507, 'insufficient_storage');
    assert.equal(errno, 'ENOSPC');
    await agree(server, { db, snapshots: root.at('_STEPLEASE') });
    disk.free();
  }
  const lease = await server.ok(server.post('/leases', { step: 1 }), 201);
  assert.deepEqual(treeContents(lease.path), contents);
});
