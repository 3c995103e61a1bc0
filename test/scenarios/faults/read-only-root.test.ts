import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { CheckpointRoot } from '../../support/checkpoint-root.js';
import { ServerChild } from '../../support/server-child.js';
import { SmallFilesystem } from '../../support/small-filesystem.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { treeContents } from '../../support/tree-contents.js';
import { agree } from '../crash/agreement.js';

const SIZE_BYTES = 16 * 1024 * 1024;

test('in a root that can only be read steps are seen, a grant fails with EROFS and a remedy that helps', async (t) => {
  const disk = SmallFilesystem.mount(t, SIZE_BYTES);
  if (typeof disk === 'string') return t.skip(disk);
  const root = new CheckpointRoot(disk.path);
  const contents = treeContents(root.save(1));
  disk.remount('ro');
  const elsewhere = join(temporaryFolder(t), 'snapshots');
  const args = [root.path, '--db', join(temporaryFolder(t), 'db'), '--allow-root', join(elsewhere, '..')];
  const server = await ServerChild.start(t, [...args, '--log-level', 'error']);

  assert.equal((await server.ok(server.get('/steps/latest'))).step, 1);
  const { errno, detail } = await server.problem(server.post('/leases', { step: 1 }), 409, 'snapshot_failed');
  assert.equal(errno, 'EROFS');
  assert.match(detail, /read-only.*snapshot_dir/s);

  const options = { directory: root.path, snapshot_dir: elsewhere, snapshot_mode: 'copy', min_free_bytes: 0 };
  await server.ok(server.put('/runs/default', options));
  const lease = await server.ok(server.post('/leases', { step: 1 }), 201);
  assert.deepEqual(treeContents(lease.path), contents);
});

test('a root that becomes read-only under a lease: the release says that its path stays, and a retry takes it away later', async (t) => {
  const disk = SmallFilesystem.mount(t, SIZE_BYTES);
  if (typeof disk === 'string') return t.skip(disk);
  const root = new CheckpointRoot(disk.path);
  const contents = treeContents(root.save(1));
  const places = { db: join(temporaryFolder(t), 'db'), snapshots: root.at('_STEPLEASE') };
  const server = await ServerChild.start(t, [root.path, '--db', places.db, '--log-level', 'error']);
  const lease = await server.ok(server.post('/leases', { step: 1, ttl: 600 }), 201);

  disk.remount('ro');
  await server.ok(server.post(`/leases/${lease.id}/renew`));
  assert.deepEqual(treeContents(lease.path), contents);
  const { errno } = await server.problem(server.delete(`/leases/${lease.id}`), 409, 'snapshot_failed');
  assert.equal(errno, 'EROFS');
  const [warning] = (await server.ok(server.get('/runs/default'))).warnings.slice(-1);
  assert.equal(warning.code, 'snapshot_stuck');
  const [, retry = ''] = /POST (\S+)/.exec(warning.hint) ?? [];
  assert.equal((await server.problem(server.post(retry), 409, 'snapshot_failed')).errno, 'EROFS');

  disk.remount('rw');
  await server.ok(server.post(retry), 204);
  await agree(server, places);
});
