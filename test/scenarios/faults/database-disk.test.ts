import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import Database from 'better-sqlite3';
import { CheckpointRoot } from '../../support/checkpoint-root.js';
import type { Json } from '../../support/http-client.js';
import { MountedDisk } from '../../support/mounted-disk.js';
import { ServerChild } from '../../support/server-child.js';
import { agreed } from '../../support/store-and-disk.js';
import { treeContents } from '../../support/tree-contents.js';

const DISK_KIB = 2048;

interface Scene {
  readonly root: CheckpointRoot;
  readonly disk: MountedDisk;
  readonly db: string;
  start(): Promise<ServerChild>;
}

/** The database on a small disk; the checkpoints elsewhere. */
function scene(t: TestContext): Scene | null {
  const disk = MountedDisk.inMemory(t, DISK_KIB);
  if (disk === null) return null;
  const root = CheckpointRoot.make(t);
  const db = join(disk.path, 'steplease.db');
  return {
    root,
    disk,
    db,
    start: () => ServerChild.start(t, [root.path, '--db', db, '--log-level', 'error']),
  };
}

test('a full disk under the database refuses what must be recorded, keeps what was, and is forgotten once there is room', async (t) => {
  const { root, disk, db, start } = scene(t) ?? {};
  if (!root || !disk || !db || !start) return;
  const contents = treeContents(root.save(1));
  const server = await start();
  const lease = await server.ok(server.post('/leases', { step: 1, ttl: 600 }), 201);
  const wait = server.get('/wait?until=2&timeout=60');

  disk.fill();
  const refused = await server.problem(server.post('/leases', { step: 1 }), 507, 'insufficient_storage');
  assert.ok(refused.detail.includes(db), refused.detail);
  assert.ok(refused.hint);
  await server.problem(server.delete(`/leases/${lease.id}`), 507, 'insufficient_storage');
  await server.problem(server.post(`/leases/${lease.id}/renew`), 507, 'insufficient_storage');
  root.save(2);
  assert.equal((await server.get('/livez')).status, 200);
  assert.equal((await server.ok(server.get('/steps'))).latest_step, 1);
  assert.equal((await server.ok(server.get(`/leases/${lease.id}`))).state, 'active');
  assert.deepEqual(treeContents(lease.path), contents);

  disk.free();
  const reached = await server.ok(wait);
  assert.deepEqual([reached.satisfied, reached.step], [true, 2]);
  const second = await server.ok(server.post('/leases', { step: 2, ttl: 600 }), 201);
  await server.ok(server.delete(`/leases/${lease.id}`), 204);
  assert.equal(existsSync(lease.path), false);
  server.child.kill('SIGKILL');
  await server.child.exit();

  const again = await start();
  assert.equal((await again.ok(again.get(`/leases/${lease.id}`))).state, 'released');
  assert.equal((await again.ok(again.get(`/leases/${second.id}`))).state, 'active');
  assert.deepEqual(treeContents(second.path), contentsOf(root, 2));
});

const contentsOf = (root: CheckpointRoot, step: number) => treeContents(root.at(step));

/** How much room is left decides at which commit of a grant or a release the disk is full: every one of them has its turn. */
test('wherever in a grant or a release the disk gets full, nothing is left of it once there is room again', async (t) => {
  const { root, disk, db, start } = scene(t) ?? {};
  if (!root || !disk || !db || !start) return;
  const server = await start();
  const outcomes = new Map<string, number>();
  const count = (name: string, { status, body }: { status: number; body: Json }) => {
    const outcome = `${name} ${status} ${body?.code ?? ''}`.trim();
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    return status;
  };
  let step = 0;
  for (let pagesLeft = 0; pagesLeft < 40; pagesLeft += 1) {
    step += 1;
    const contents = treeContents(root.save(step));
    await server.ok(server.get(`/wait?until=${step}`));
    // Everything in the log is in the database, and the log begins anew: it needs room again.
    checkpoint(db);
    disk.fill(pagesLeft);
    const granted = await server.post('/leases', { step, ttl: 600 });
    const outcome = count('grant', granted);
    assert.ok(outcome === 201 || outcome === 507, JSON.stringify(granted.body));
    disk.free();
    if (outcome === 507) await agreed(server, db, root.at('_STEPLEASE'));
    const lease =
      outcome === 201 ? granted.body : await server.ok(server.post('/leases', { step, ttl: 600 }), 201);
    assert.deepEqual(treeContents(lease.path), contents);
    checkpoint(db);
    disk.fill(pagesLeft);
    const released = count('release', await server.delete(`/leases/${lease.id}`));
    assert.ok(released === 204 || released === 507);
    disk.free();
    if (released === 507) await server.ok(server.delete(`/leases/${lease.id}`), 204);
    await agreed(server, db, root.at('_STEPLEASE'));
    await server.ok(
      server.delete(`/leases/${(await server.ok(server.post('/leases', { step }), 201)).id}`),
      204,
    );
    await agreed(server, db, root.at('_STEPLEASE'));
    root.delete(step);
  }
  t.diagnostic(JSON.stringify(Object.fromEntries(outcomes)));
  assert.ok(
    (outcomes.get('grant 201') ?? 0) > 0 && (outcomes.get('grant 507 insufficient_storage') ?? 0) > 3,
  );
});

function checkpoint(file: string): void {
  const database = new Database(file);
  database.pragma('wal_checkpoint(truncate)');
  database.close();
}
