import assert from 'node:assert/strict';
import { renameSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { CheckpointRoot } from '../../support/checkpoint-root.js';
import { eventually } from '../../support/eventually.js';
import type { Json } from '../../support/http-client.js';
import { ServerChild } from '../../support/server-child.js';
import { SmallFilesystem } from '../../support/small-filesystem.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const MIB = 1024 * 1024;
const STEPS = 12;

/** Snapshots are links: what they cost is what the trainer has deleted. Without a limit six held steps would fill this disk. */
test("snapshots never fill the trainer's disk: holds give way, oldest first, grants are refused, and what is leased stays", async (t) => {
  const disk = SmallFilesystem.mount(t, 8 * MIB);
  if (typeof disk === 'string') return t.skip(disk);
  const root = new CheckpointRoot(disk.path);
  const db = join(temporaryFolder(t), 'db');
  const server = await ServerChild.start(t, [root.path, '--db', db, '--log-level', 'error']);
  await server.ok(server.put('/runs/default', { directory: root.path, min_free_bytes: 3 * MIB }));
  await server.ok(
    server.put('/consumers/archive', { mode: 'every', start: 'earliest', max_pending: STEPS }),
    201,
  );
  saveLarge(root, 1);
  await server.ok(server.get('/wait?until=1'));
  const lease = await server.ok(server.post('/leases', { step: 1, ttl: 600 }), 201);

  for (let step = 2; step <= STEPS; step += 1) {
    saveLarge(root, step);
    await server.ok(server.get(`/wait?until=${step}`));
    root.delete(step - 1);
    assert.ok(await eventually(() => freeBytes(disk.path) >= 2 * MIB), `step ${step}: the disk stays full`);
  }

  const skipped = await server.ok(server.get('/events?types=consumer.skipped&timeout=10'));
  // One that was never held, for want of room, is skipped when the trainer deletes it.
  const reasons = skipped.items.map(({ data }: Json) => data.reason);
  assert.ok(reasons.includes('disk'), reasons.join());
  assert.ok(
    reasons.every((reason: string) => reason === 'disk' || reason === 'deleted'),
    reasons.join(),
  );
  assert.equal((await server.ok(server.get(`/leases/${lease.id}`))).state, 'active');
  disk.fill(256);
  const { detail } = await server.problem(
    server.post('/leases', { step: STEPS }),
    507,
    'insufficient_storage',
  );
  assert.match(detail, /min_free_bytes/);
  disk.free();
  await server.ok(server.delete(`/leases/${lease.id}`), 204);
});

function freeBytes(path: string): number {
  const { bavail, bsize } = statfsSync(path);
  return bavail * bsize;
}

function saveLarge(root: CheckpointRoot, step: number): void {
  const temporary = root.write(step);
  writeFileSync(join(temporary, 'default', 'shard'), new Uint8Array(MIB));
  renameSync(temporary, root.at(step));
}
