import assert from 'node:assert/strict';
import { linkSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { CheckpointRoot } from '../../support/checkpoint-root.js';
import { ServerChild } from '../../support/server-child.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { treeContents } from '../../support/tree-contents.js';
import { agree } from '../crash/agreement.js';
import { FailingFilesystem } from './failing-filesystem.js';

/** What ext4 allows to one file. */
const MOST_LINKS = 65_000;

test('a file that has as many hard links as its filesystem allows fails the grant with EMLINK and a remedy that helps', async (t) => {
  const disk = FailingFilesystem.mount(t);
  if (typeof disk === 'string') return t.skip(disk);
  mkdirSync(join(disk.path, 'run'));
  const root = new CheckpointRoot(join(disk.path, 'run'));
  const contents = treeContents(root.save(1));
  linkUntilFull(root.at(1, '_CHECKPOINT_METADATA'), join(disk.path, 'links'));
  const places = { db: join(temporaryFolder(t), 'db'), snapshots: root.at('_STEPLEASE') };
  const server = await ServerChild.start(t, [root.path, '--db', places.db, '--log-level', 'error']);

  const { errno, detail } = await server.problem(server.post('/leases', { step: 1 }), 409, 'snapshot_failed');
  assert.equal(errno, 'EMLINK');
  assert.match(detail, /_CHECKPOINT_METADATA.*use snapshot_mode "reflink" or "copy"/s);
  await agree(server, places);

  const copied = { directory: root.path, snapshot_mode: 'copy', min_free_bytes: 0 };
  await server.ok(server.put('/runs/default', copied));
  const lease = await server.ok(server.post('/leases', { step: 1 }), 201);
  assert.deepEqual(treeContents(lease.path), contents);
});

function linkUntilFull(file: string, folder: string): void {
  mkdirSync(folder);
  assert.throws(() => {
    for (let count = 1; count <= MOST_LINKS; count += 1) linkSync(file, join(folder, String(count)));
  }, /EMLINK/);
  assert.equal(readdirSync(folder).length, MOST_LINKS - 1);
}
