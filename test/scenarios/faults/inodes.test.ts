import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { CheckpointRoot } from '../../support/checkpoint-root.js';
import { Child } from '../../support/child.js';
import { MAIN, ServerChild } from '../../support/server-child.js';
import { SmallFilesystem } from '../../support/small-filesystem.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { treeContents } from '../../support/tree-contents.js';
import { agree } from '../crash/agreement.js';

const MIB = 1024 * 1024;
const INODES = 400;

test('no inode left for a snapshot is 507 with the remedy, leaves no trace, and the same grant succeeds once there are some', async (t) => {
  const disk = SmallFilesystem.mount(t, 16 * MIB, undefined, INODES);
  if (typeof disk === 'string') return t.skip(disk);
  const root = new CheckpointRoot(disk.path);
  const contents = treeContents(root.save(1));
  const places = { db: join(temporaryFolder(t), 'db'), snapshots: root.at('_STEPLEASE') };
  const server = await ServerChild.start(t, [root.path, '--db', places.db, '--log-level', 'error']);

  for (const free of [0, 1, 2, 4, 8]) {
    disk.useInodes(free);
    const refused = await server.problem(server.post('/leases', { step: 1 }), 507, 'insufficient_storage');
    assert.equal(refused.errno, 'ENOSPC');
    if (free > 4) assert.match(refused.detail, /no inodes left/);
    await agree(server, places);
    disk.freeInodes();
  }

  const lease = await server.ok(server.post('/leases', { step: 1 }), 201);
  assert.deepEqual(treeContents(lease.path), contents);
});

test('no inode left for the database is named at the start; a server that runs needs no more of them', async (t) => {
  const disk = SmallFilesystem.mount(t, 16 * MIB, undefined, INODES);
  if (typeof disk === 'string') return t.skip(disk);
  const root = CheckpointRoot.make(t);
  root.save(1);
  const db = join(disk.path, 'db');
  disk.useInodes(0);
  const refused = new Child(t, MAIN, ['serve', root.path, '--port', '0', '--db', db]);
  assert.equal(await refused.exit(), 2, refused.stderr);
  assert.ok(refused.stderr.includes(db), refused.stderr);
  disk.freeInodes();

  const server = await ServerChild.start(t, [root.path, '--db', db, '--log-level', 'error']);
  disk.useInodes(0);

  const { id } = await server.ok(server.post('/leases', { step: 1 }), 201);
  await server.ok(server.delete(`/leases/${id}`), 204);
  await agree(server, { db, snapshots: root.at('_STEPLEASE') });
});
