import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { CheckpointRoot } from '../../support/checkpoint-root.js';
import { ServerChild } from '../../support/server-child.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { treeContents } from '../../support/tree-contents.js';
import { agree } from '../crash/agreement.js';

const DESCRIPTORS = 64;

test('with no descriptor left nothing is lost or told of as deleted, and all goes on as soon as there are some again', async (t) => {
  const root = CheckpointRoot.make(t);
  const saved = treeContents(root.save(1));
  root.save(2);
  const places = { db: join(temporaryFolder(t), 'db'), snapshots: root.at('_STEPLEASE') };
  const args = [root.path, '--db', places.db, '--log-level', 'error'];
  const server = await ServerChild.start(t, args);
  const lease = await server.ok(server.post('/leases', { step: 1, ttl: 600 }), 201);
  const { cursor } = await server.ok(server.get('/steps'));
  const told = server.get(`/events?after=${cursor}&types=run.unavailable&timeout=30`);

  const limit = spawnSync('prlimit', [`--pid=${server.child.process.pid}`, `--nofile=${DESCRIPTORS}`]);
  if (limit.status !== 0) return t.skip(`prlimit: ${limit.error?.message ?? limit.stderr}`);
  const crowd = connectMany(t, Number(new URL(server.base).port), 2 * DESCRIPTORS);
  const { items } = await server.ok(told);
  assert.match(items[0].data.reason, /EMFILE: too many open files/);
  for (const socket of crowd) socket.destroy();

  await server.ok(server.get(`/events?after=${cursor}&types=run.available&timeout=30`));
  const lost = await server.ok(
    server.get(`/events?after=${cursor}&types=step.deleted,lease.lost,snapshot.stuck`),
  );
  assert.deepEqual(lost.items, []);
  assert.deepEqual(treeContents(lease.path), saved);
  await server.ok(server.post('/leases', { step: 2 }), 201);
  await server.ok(server.delete(`/leases/${lease.id}`), 204);
  await agree(server, places);
});

/** Connections that ask for nothing: each takes a descriptor. */
function connectMany(t: test.TestContext, port: number, count: number): readonly Socket[] {
  const sockets = Array.from({ length: count }, () =>
    connect(port, '127.0.0.1').on('error', () => undefined),
  );
  t.after(() => {
    for (const socket of sockets) socket.destroy();
  });
  return sockets;
}
