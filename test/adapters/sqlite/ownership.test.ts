import assert from 'node:assert/strict';
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { Database } from '../../../src/adapters/sqlite/better-sqlite3.js';
import { DatabaseInUseError } from '../../../src/adapters/sqlite/ownership.js';
import { openSqliteStore } from '../../../src/adapters/sqlite/sqlite-store.js';
import { run } from '../../conformance/sample-records.js';
import { FakeClock } from '../../support/fake-clock.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';
import { startChildStore } from './child-store.js';

const clock = new FakeClock();

async function newFile(t: TestContext): Promise<string> {
  return join(await temporaryDirectory(t), 'store.db');
}

describe('ownership of a database', () => {
  test('a second process is refused with an error that names the file and the rule', async (t) => {
    const file = await newFile(t);
    const store = await openSqliteStore({ file, clock });
    t.after(() => store.close());
    const answer = await startChildStore(t, 'hold', file).line();
    assert.ok(answer?.startsWith(`DatabaseInUseError: database ${file} belongs to a server`), `${answer}`);
    assert.match(`${answer}`, /one server owns a database at a time/);
  });

  test('the same process is refused, too, also through a symbolic link', async (t) => {
    const file = await newFile(t);
    const store = await openSqliteStore({ file, clock });
    t.after(() => store.close());
    const link = `${file}.link`;
    await symlink(file, link);
    for (const path of [file, link]) {
      await assert.rejects(openSqliteStore({ file: path, clock }), (error) => {
        assert.ok(error instanceof DatabaseInUseError);
        assert.equal(error.file, file);
        return true;
      });
    }
  });

  test('a refusal does not loosen the lock of the owner', async (t) => {
    const file = await newFile(t);
    const store = await openSqliteStore({ file, clock });
    t.after(() => store.close());
    await assert.rejects(openSqliteStore({ file, clock }), DatabaseInUseError);
    const answer = await startChildStore(t, 'hold', file).line();
    assert.match(`${answer}`, /^DatabaseInUseError/);
  });

  test('an owner killed with SIGKILL leaves nothing behind that keeps the next one out', async (t) => {
    const file = await newFile(t);
    const owner = startChildStore(t, 'hold', file);
    assert.equal(await owner.line(), 'opened');
    await assert.rejects(openSqliteStore({ file, clock }), DatabaseInUseError);
    await owner.kill();
    const store = await openSqliteStore({ file, clock });
    await store.close();
  });

  test('closing the store frees the database', async (t) => {
    const file = await newFile(t);
    await (await openSqliteStore({ file, clock })).close();
    await (await openSqliteStore({ file, clock })).close();
  });

  test('another program can read the database meanwhile', async (t) => {
    const file = await newFile(t);
    const store = await openSqliteStore({ file, clock });
    t.after(() => store.close());
    await store.write((tx) => tx.runs.put(run('r')));
    const other = new Database(file, { readonly: true });
    const names = other.prepare('select name from runs').pluck().all();
    other.close();
    assert.deepEqual(names, ['r']);
  });
});
