import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { Database } from '../../../src/adapters/sqlite/better-sqlite3.js';
import { openSqliteStore } from '../../../src/adapters/sqlite/sqlite-store.js';
import { RunGlobs } from '../../../src/engine/access/run-globs.js';
import { StorageError, type StorageFault } from '../../../src/engine/storage-error.js';
import type { Store } from '../../../src/engine/store.js';
import { event, run } from '../../conformance/sample-records.js';
import { FakeClock } from '../../support/fake-clock.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';
import { startChildStore } from './child-store.js';
import { observedStore } from './observed-store.js';

const BIG = { filling: 'x'.repeat(40_000) };

const appendBig = (store: Store, subject: string) =>
  store.write((tx) => tx.events.append([event({ subject, data: BIG })]));

async function subjects(store: Store): Promise<readonly string[]> {
  const page = await store.events.page({ after: 0, limit: 10_000, runs: RunGlobs.everything, types: null });
  assert.deepEqual(
    page.events.map((each) => each.sequence),
    page.events.map((_, index) => index + 1),
  );
  return page.events.map((each) => each.subject);
}

const fault = (kind: StorageFault, sentence: RegExp) => (error: unknown) => {
  assert.ok(error instanceof StorageError, String(error));
  assert.equal(error.kind, kind);
  assert.match(error.message, sentence);
  return true;
};

describe('trouble with the disk', () => {
  test('a full database refuses writes, still reads, and works on when there is room again', async (t) => {
    const { store, database } = await observedStore(t);
    await appendBig(store, 'before');
    const pages = database.writer.pragma('page_count', { simple: true });
    database.writer.pragma(`max_page_count = ${pages}`);
    await assert.rejects(appendBig(store, 'lost'), fault('full', /no room to write; free space/));
    await assert.rejects(appendBig(store, 'lost too'), fault('full', /store\.db/));
    assert.deepEqual(await subjects(store), ['before']);
    database.writer.pragma('max_page_count = 1000000');
    await appendBig(store, 'after');
    assert.deepEqual(await subjects(store), ['before', 'after']);
  });

  test('a work that goes on after the disk was full commits nothing by the back door', async (t) => {
    const { store, database } = await observedStore(t);
    const pages = database.writer.pragma('page_count', { simple: true });
    database.writer.pragma(`max_page_count = ${pages}`);
    const stubborn = store.write(async (tx) => {
      await tx.events.append([event({ data: BIG })]).catch(() => undefined);
      await tx.runs.put(run('from the back door')).catch(() => undefined);
      return 'all is well';
    });
    await assert.rejects(stubborn, fault('full', /no room/));
    assert.deepEqual(await store.runs.list(), [run('r')]);
    assert.deepEqual(await subjects(store), []);
  });

  test('a database that became read-only refuses writes, and works on when that is over', async (t) => {
    const { store, database } = await observedStore(t);
    await appendBig(store, 'before');
    database.writer.pragma('query_only = ON');
    await assert.rejects(appendBig(store, 'lost'), fault('read_only', /cannot be written; make the file/));
    database.writer.pragma('query_only = OFF');
    await appendBig(store, 'after');
    assert.deepEqual(await subjects(store), ['before', 'after']);
  });

  test('a lock that another program holds is told as such', async (t) => {
    const { store, database } = await observedStore(t);
    database.writer.pragma('busy_timeout = 10');
    const shell = new Database(database.file);
    shell.exec('begin immediate');
    await assert.rejects(appendBig(store, 'lost'), fault('io', /another program holds a lock/));
    shell.exec('rollback');
    shell.close();
    await appendBig(store, 'after');
  });

  test('when the system refuses the write of a commit nothing of it happened, and the store works on', async (t) => {
    const file = join(await temporaryDirectory(t), 'store.db');
    const child = startChildStore(t, 'obey', file);
    assert.equal(await child.line(), 'opened');
    child.tell('before');
    assert.equal(await child.line(), 'written');
    const limit = async (size: string) => {
      await promisify(execFile)('prlimit', ['--pid', String(child.pid), `--fsize=${size}:`]);
    };
    try {
      await limit('1024');
    } catch {
      t.skip('needs prlimit, to make the system refuse writes');
      return;
    }
    child.tell('lost');
    assert.match(`${await child.line()}`, /^StorageError (io|full): database .*store\.db/);
    await limit('1000000000');
    child.tell('after');
    assert.equal(await child.line(), 'written');
    await child.kill();
    const store = await openSqliteStore({ file, clock: new FakeClock() });
    t.after(() => store.close());
    assert.deepEqual(await subjects(store), ['before', 'after']);
  });
});
