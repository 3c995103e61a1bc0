import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { CheckpointRoot } from '../../support/checkpoint-root.js';
import { ServerChild } from '../../support/server-child.js';
import { SmallFilesystem } from '../../support/small-filesystem.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { agree } from '../crash/agreement.js';

test('files of a snapshot that cannot be removed: stuck is told and shown, also after a restart, and a retry removes them', async (t) => {
  const root = CheckpointRoot.make(t);
  root.save(1);
  const places = { db: join(temporaryFolder(t), 'db'), snapshots: root.at('_STEPLEASE') };
  const args = [root.path, '--db', places.db, '--log-level', 'error'];
  const server = await ServerChild.start(t, args);
  const lease = await server.ok(server.post('/leases', { step: 1 }), 201);
  // What somebody mounted into a tree keeps it from being erased.
  mkdirSync(join(lease.path, 'obstacle'));
  const mounted = SmallFilesystem.mount(t, 65_536, join(lease.path, 'obstacle'));
  if (typeof mounted === 'string') return t.skip(mounted);

  await server.ok(server.delete(`/leases/${lease.id}`), 204);
  const told = await server.ok(server.get('/events?types=snapshot.stuck&timeout=30'));
  const { number, errno, detail } = told.items[0].data;
  assert.equal(errno, 'EBUSY');
  assert.match(detail, /obstacle cannot be removed/);
  await server.problem(server.post(`/snapshots/${number}/retry`), 409, 'snapshot_failed');
  await server.problem(server.post('/leases', { step: 1 }), 409, 'snapshot_path_busy');
  server.child.kill('SIGTERM');
  assert.equal(await server.child.exit(), 0, server.child.stderr);

  const second = await ServerChild.start(t, args);
  const codes = async () => (await second.ok(second.get('/runs/default'))).warnings.map(codeOf);
  assert.equal(
    (await second.problem(second.post(`/snapshots/${number}/retry`), 409, 'snapshot_failed')).errno,
    'EBUSY',
  );
  assert.deepEqual(await codes(), ['snapshot_stuck']);
  // It moved along when the tree was put out of sight.
  mounted.unmount(join(places.snapshots, `.trash-${number}`, '1', 'obstacle'));
  await second.ok(second.post(`/snapshots/${number}/retry`), 204);
  assert.deepEqual(await codes(), []);
  await agree(second, places);
  await second.ok(second.post('/leases', { step: 1 }), 201);
});

function codeOf({ code }: { readonly code: string }): string {
  return code;
}
