import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { Database } from '../../../src/adapters/sqlite/better-sqlite3.js';
import { CheckpointRoot } from '../../support/checkpoint-root.js';
import type { Json } from '../../support/http-client.js';
import { ServerChild } from '../../support/server-child.js';
import { SmallFilesystem } from '../../support/small-filesystem.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { agree } from './agreement.js';

test('a build that was cut off is undone by a later start when the first one was cut off, too, and whoever was told that it is stuck is told of its end', async (t) => {
  const root = CheckpointRoot.make(t);
  root.save(1);
  const places = { db: join(temporaryFolder(t), 'db'), snapshots: root.at('_STEPLEASE') };
  const args = [root.path, '--db', places.db];
  const first = await ServerChild.start(t, args);
  const lease = await first.ok(first.post('/leases', { step: 1 }), 201);
  const { cursor } = await first.ok(first.get('/steps'));
  await kill(first);
  const temporary = turnBack(places.db, dirname(lease.path), places.snapshots);
  // What is mounted in a tree cannot be erased: the second start gets no further than trying.
  const obstacle = join(temporary, 'obstacle');
  mkdirSync(obstacle);
  const mounted = SmallFilesystem.mount(t, 65_536, obstacle);
  if (typeof mounted === 'string') return t.skip(mounted);
  const second = await ServerChild.start(t, args);
  const stuck = await second.ok(second.get(`/events?after=${cursor}&types=snapshot.stuck&timeout=10`));
  assert.equal(stuck.items.length, 1);
  await kill(second);
  mounted.unmount();

  const third = await ServerChild.start(t, args);

  await agree(third, places);
  assert.ok(!readdirSync(places.snapshots).some((name) => name.startsWith('.')));
  const { items } = await third.ok(
    third.get(`/events?after=${cursor}&types=snapshot.created,snapshot.deleted`),
  );
  assert.deepEqual(
    items.map(({ type }: Json) => type),
    ['snapshot.deleted'],
  );
  await third.ok(third.post('/leases', { step: 1 }), 201);
  await kill(third);
});

async function kill(server: ServerChild): Promise<void> {
  server.child.kill('SIGKILL');
  await server.child.exit();
}

/** Database and disk as they were just before the snapshot was published; returns where its tree is then. */
function turnBack(db: string, published: string, snapshots: string): string {
  const database = new Database(db);
  const id = database.prepare('select id from snapshots').pluck().get();
  database.exec("update snapshots set state = 'building'; update leases set state = 'pending'");
  database.close();
  const temporary = join(snapshots, `.tmp-${id}`);
  renameSync(published, temporary);
  return temporary;
}
