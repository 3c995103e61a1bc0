import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { Database } from '../../src/adapters/sqlite/better-sqlite3.js';
import { SqliteDialect } from '../../src/adapters/sqlite/dialect.js';
import { migrate, NumberedMigrations } from '../../src/adapters/sqlite/migrations.js';
import type { Schema } from '../../src/adapters/sqlite/schema.js';
import { Kysely } from '../../src/kysely.js';
import { RunningServer } from '../support/running-server.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const FIXTURE = new URL('../../../test/fixtures/database/first-release.db.gz', import.meta.url);

/** What the first release's server wrote: two runs, a lease that is active, one that was released, and events. */
async function firstRelease(t: TestContext): Promise<string> {
  const file = join(await temporaryDirectory(t), 'first.db');
  writeFileSync(file, gunzipSync(readFileSync(FIXTURE)));
  return file;
}

const LEASE = 'ls_l-omUpzfNJIkCda0E655_A';
const CURSOR = 'b59de1af8046b492.6';

/** The schema changes that the first release knew. */
const FIRST = {
  getMigrations: async () => {
    const all = await new NumberedMigrations().getMigrations();
    return Object.fromEntries(Object.entries(all).slice(0, 1));
  },
};

async function openWithFirst(file: string): Promise<void> {
  const handle = new Database(file);
  try {
    await migrate(new Kysely<Schema>({ dialect: new SqliteDialect(file, handle) }), file, FIRST);
  } finally {
    handle.close();
  }
}

test('a database of the first release is brought up to date: runs, leases and cursors survive', async (t) => {
  const file = await firstRelease(t);

  const server = await RunningServer.start(t, { flags: { db: file } });

  const { items } = await server.ok(server.get('/runs'));
  assert.deepEqual(
    items.map(({ name }: { name: string }) => name),
    ['bare', 'default'],
  );
  const lease = await server.ok(server.get(`/leases/${LEASE}`));
  assert.deepEqual([lease.state, lease.holder, lease.step], ['active', 'evaluator-1', 100]);
  const page = await server.ok(server.get(`/events?after=${CURSOR}`));
  assert.ok(page.items.length > 0);
});

test('the state from before the upgrade is kept; the first release refuses the new one by naming it, and opens it', async (t) => {
  const file = await firstRelease(t);
  const copy = `${file}.before-0002_consumers`;
  await (await RunningServer.start(t, { flags: { db: file } })).stop();

  assert.ok(existsSync(copy));
  await assert.rejects(openWithFirst(file), (error: Error) => error.message.includes(copy));
  await openWithFirst(copy);
});
