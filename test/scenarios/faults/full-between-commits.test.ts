import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { Database } from '../../../src/adapters/sqlite/better-sqlite3.js';
import { CheckpointRoot } from '../../support/checkpoint-root.js';
import type { Answer } from '../../support/http-client.js';
import { ServerChild } from '../../support/server-child.js';
import { SmallFilesystem } from '../../support/small-filesystem.js';
import { treeContents } from '../../support/tree-contents.js';
import { agree } from '../crash/agreement.js';

const SIZE_BYTES = 2 * 1024 * 1024;
/** With so many pages free the whole of a grant, or a release, has room. */
const ENOUGH_PAGES = 40;

/** How much room is left decides at which commit of a grant or a release the disk is full: every one of them has its turn. */
test('wherever in a grant or a release the disk gets full, nothing is left of it soon after there is room again', async (t) => {
  const disk = SmallFilesystem.mount(t, SIZE_BYTES);
  if (typeof disk === 'string') return t.skip(disk);
  const root = CheckpointRoot.make(t);
  const places = { db: join(disk.path, 'db'), snapshots: root.at('_STEPLEASE') };
  const server = await ServerChild.start(t, [root.path, '--db', places.db, '--log-level', 'error']);
  const whileFull = async (pages: number, call: () => Promise<Answer>) => {
    emptyLog(places.db);
    disk.fill(pages);
    const answer = await call();
    disk.free();
    return answer;
  };
  const refused: Record<'grant' | 'release', number> = { grant: 0, release: 0 };
  for (let pages = 0; pages < ENOUGH_PAGES; pages += 1) {
    const step = pages + 1;
    const contents = treeContents(root.save(step));
    await server.ok(server.get(`/wait?until=${step}`));
    const grant = () => server.post('/leases', { step, ttl: 600 });

    const granted = await whileFull(pages, grant);
    if (granted.status !== 201) {
      await server.problem(Promise.resolve(granted), 507, 'insufficient_storage');
      refused.grant += 1;
      await agree(server, places);
    }
    const lease = granted.status === 201 ? granted.body : await server.ok(grant(), 201);
    assert.deepEqual(treeContents(lease.path), contents);

    const release = () => server.delete(`/leases/${lease.id}`);
    const released = await whileFull(pages, release);
    if (released.status !== 204) {
      await server.problem(Promise.resolve(released), 507, 'insufficient_storage');
      refused.release += 1;
      await server.ok(release(), 204);
    }
    await agree(server, places);
    await server.ok(server.delete(`/leases/${(await server.ok(grant(), 201)).id}`), 204);
  }
  t.diagnostic(`refused with less than ${ENOUGH_PAGES} pages free: ${JSON.stringify(refused)}`);
  for (const count of Object.values(refused)) assert.ok(count > 3 && count < ENOUGH_PAGES);
});

test('a wait outlasts a full disk, and is answered once what it waits for can be recorded', async (t) => {
  const disk = SmallFilesystem.mount(t, SIZE_BYTES);
  if (typeof disk === 'string') return t.skip(disk);
  const root = CheckpointRoot.make(t);
  const server = await ServerChild.start(t, [
    root.path,
    '--db',
    join(disk.path, 'db'),
    '--log-level',
    'debug',
  ]);
  const wait = server.get('/wait?until=1&timeout=60');
  await server.child.until('stderr', /"wait started"/);
  disk.fill(0);
  root.save(1);
  await server.child.until('stderr', /there is no room to write/);
  disk.free();
  const { satisfied, step } = await server.ok(wait);
  assert.deepEqual([satisfied, step], [true, 1]);
});

/** Writes everything from the write-ahead log to the database: the log begins anew, and needs room again. */
function emptyLog(file: string): void {
  const database = new Database(file);
  database.pragma('wal_checkpoint(truncate)');
  database.close();
}
