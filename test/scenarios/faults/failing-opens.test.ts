import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { CheckpointRoot } from '../../support/checkpoint-root.js';
import { ServerChild } from '../../support/server-child.js';
import { obstacleToTracing, Strace } from '../../support/strace.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { treeContents } from '../../support/tree-contents.js';
import { agree } from '../crash/agreement.js';

const skip = obstacleToTracing() ?? false;

for (const [errno, meaning] of [
  ['ESTALE', 'stale file handle'],
  ['EIO', 'i/o error'],
  ['EMFILE', 'too many open files'],
  ['EUCLEAN', 'structure needs cleaning'],
] as const) {
  test(`while every open of a file gives ${errno} the run is unavailable and says so; nothing is told of as deleted, nothing is lost`, {
    skip,
  }, async (t) => {
    const root = CheckpointRoot.make(t);
    const places = { db: join(temporaryFolder(t), 'db'), snapshots: root.at('_STEPLEASE') };
    const saved = treeContents(root.save(1));
    root.save(2);
    const server = await ServerChild.start(t, [root.path, '--db', places.db, '--log-level', 'error']);
    const lease = await server.ok(server.post('/leases', { step: 1, ttl: 600 }), 201);
    const { cursor } = await server.ok(server.get('/steps'));

    const trouble = await Strace.attach(t, server.child.process.pid, {
      calls: 'open,openat',
      injection: `error=${errno}`,
    });
    const told = await server.ok(server.get(`/events?after=${cursor}&types=run.unavailable&timeout=30`));
    assert.match(told.items[0].data.reason, new RegExp(`${errno}: ${meaning}`));
    const { detail } = await server.problem(server.post('/leases', { step: 2 }), 503, 'run_unavailable');
    assert.match(detail, new RegExp(errno));
    await server.ok(server.post(`/leases/${lease.id}/renew`));
    await trouble.detach();

    await server.ok(server.get(`/events?after=${cursor}&types=run.available&timeout=30`));
    const { items } = await server.ok(server.get(`/events?after=${cursor}&types=step.deleted,lease.lost`));
    assert.deepEqual(items, []);
    assert.deepEqual(treeContents(lease.path), saved);
    await server.ok(server.post('/leases', { step: 2 }), 201);
    await agree(server, places);
    server.child.kill('SIGTERM');
    assert.equal(await server.child.exit(), 0, server.child.stderr);
  });
}
