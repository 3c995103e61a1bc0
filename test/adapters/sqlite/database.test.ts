import assert from 'node:assert/strict';
import { open, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { Database } from '../../../src/adapters/sqlite/better-sqlite3.js';
import { SqliteDialect } from '../../../src/adapters/sqlite/dialect.js';
import { migrate, NumberedMigrations } from '../../../src/adapters/sqlite/migrations.js';
import type { Schema } from '../../../src/adapters/sqlite/schema.js';
import { openSqliteStore } from '../../../src/adapters/sqlite/sqlite-store.js';
import { StorageError, type StorageFault } from '../../../src/engine/storage-error.js';
import { Kysely } from '../../../src/kysely.js';
import { event, run } from '../../conformance/sample-records.js';
import { FakeClock } from '../../support/fake-clock.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';
import { startChildStore } from './child-store.js';
import { observedStore } from './observed-store.js';

const clock = new FakeClock();

async function newFile(t: TestContext): Promise<string> {
  return join(await temporaryDirectory(t), 'store.db');
}

async function refuses(file: string, kind: StorageFault, sentence: RegExp): Promise<void> {
  await assert.rejects(openSqliteStore({ file, clock }), (error) => {
    assert.ok(error instanceof StorageError, String(error));
    assert.equal(error.kind, kind);
    assert.match(error.message, sentence);
    assert.ok(error.message.includes(file), `${error.message} names the file`);
    return true;
  });
}

describe('opening a database', () => {
  test('every commit is flushed to the disk, also after writes and after opening again', async (t) => {
    const { store, database } = await observedStore(t);
    await store.write((tx) => tx.events.append([event()]));
    assert.equal(database.writer.pragma('journal_mode', { simple: true }), 'wal');
    assert.equal(database.writer.pragma('synchronous', { simple: true }), 2);
    assert.equal(database.writer.pragma('foreign_keys', { simple: true }), 1);
  });

  test('the store id has sixteen characters that any path may hold', async (t) => {
    const store = await openSqliteStore({ file: await newFile(t), clock });
    t.after(() => store.close());
    assert.match(store.id, /^[0-9a-f]{16}$/);
  });

  test('only its user may read the file: it holds the ids of leases', async (t) => {
    const file = await newFile(t);
    const store = await openSqliteStore({ file, clock });
    t.after(() => store.close());
    await store.write((tx) => tx.events.append([event()]));
    for (const each of [file, `${file}-wal`]) {
      assert.equal((await stat(each)).mode & 0o777, 0o600);
    }
  });

  test('a file that is no database is refused and left as it is', async (t) => {
    const file = await newFile(t);
    await writeFile(file, 'a log file, perhaps\n'.repeat(1000));
    await refuses(file, 'corrupt', /not a SQLite database/);
    assert.match(await readFile(file, 'utf8'), /^a log file, perhaps/);
  });

  test('a database of another program is refused and left as it is', async (t) => {
    const file = await newFile(t);
    const other = new Database(file);
    other.exec('create table experiments (id integer)');
    other.close();
    const before = await readFile(file);
    await refuses(file, 'foreign', /belongs to another program/);
    assert.deepEqual(await readFile(file), before);
  });

  test('damaged content is told as such', async (t) => {
    const file = await newFile(t);
    await (await openSqliteStore({ file, clock })).close();
    const handle = await open(file, 'r+');
    await handle.write(Buffer.alloc(64 * 1024, 0x5a), 0, undefined, 4096);
    await handle.close();
    await refuses(file, 'corrupt', /content is damaged/);
  });

  test('a database that a newer version made is refused, and the version that made it still opens it', async (t) => {
    const file = await newFile(t);
    const store = await openSqliteStore({ file, clock });
    await store.close();
    const edit = (sql: string) => {
      const raw = new Database(file);
      raw.exec(sql);
      raw.close();
    };
    edit(`insert into kysely_migration values ('9999_future', '2031-01-01T00:00:00.000Z')`);
    await refuses(
      file,
      'newer',
      /newer version of steplease \(schema change 9999_future; .* ends at \d{4}_\w+\)/,
    );
    edit(`delete from kysely_migration where name = '9999_future'`);
    const again = await openSqliteStore({ file, clock });
    assert.equal(again.id, store.id);
    await again.close();
  });

  test('a directory that does not exist, or a directory in place of the file, is told as such', async (t) => {
    const directory = await temporaryDirectory(t);
    await refuses(join(directory, 'missing', 'store.db'), 'io', /directory .*missing must exist/);
    await refuses(directory, 'io', /must be a regular file/);
  });

  test('a directory that may not be written is told as such', async (t) => {
    if (process.getuid?.() !== 0) {
      t.skip('needs root, to have rights that it can give up');
      return;
    }
    const file = await newFile(t);
    const answer = await startChildStore(t, 'nobody', file).line();
    assert.match(`${answer}`, /^StorageError read_only: .* directory cannot be written/);
  });

  test('a run that an older version stored gets the options that are new', async (t) => {
    const file = await newFile(t);
    const handle = new Database(file);
    const db = new Kysely<Schema>({ dialect: new SqliteDialect(file, handle) });
    const real = Object.entries(await new NumberedMigrations().getMigrations());
    const older = Object.fromEntries(real.filter(([name]) => name < '0003'));
    await migrate(db, file, { getMigrations: async () => older });
    const { options, ...record } = run('r');
    const stored = {
      ...options,
      stepNameFormats: [{ prefix: 'checkpoint', fixedLength: 8 }],
      commitMarker: undefined,
      settleMs: undefined,
    };
    handle
      .prepare(
        `insert into runs (name, directory, real_path, options_json, created_at) values (?, ?, ?, ?, ?)`,
      )
      .run(record.name, record.directory, record.realPath, JSON.stringify(stored), record.createdAt);
    await migrate(db, file);
    const completed = handle.prepare('select options_json from runs').pluck().get();
    await db.destroy();

    assert.equal(completed, JSON.stringify(options));
  });

  test('a migration that fails halfway leaves nothing of itself', async (t) => {
    const file = await newFile(t);
    const handle = new Database(file);
    t.after(async () => handle.close());
    const db = new Kysely<Schema>({ dialect: new SqliteDialect(file, handle) });
    const real = await new NumberedMigrations().getMigrations();
    const failing = {
      '9999_fails': {
        up: async (schema: Kysely<unknown>) => {
          await schema.schema.createTable('half').addColumn('id', 'integer').execute();
          throw new Error('no further');
        },
      },
    };
    const provider = { getMigrations: async () => ({ ...real, ...failing }) };
    await assert.rejects(migrate(db, file, provider), /no further/);
    const tables = () =>
      handle.prepare(`select name from sqlite_schema where type = 'table' order by name`).pluck().all();
    assert.deepEqual(
      tables().filter((name) => !String(name).startsWith('kysely_')),
      [],
    );
    await migrate(db, file);
    assert.ok(tables().includes('leases'));
  });
});
