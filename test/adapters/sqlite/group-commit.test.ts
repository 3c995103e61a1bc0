import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Database } from '../../../src/adapters/sqlite/better-sqlite3.js';
import { RunGlobs } from '../../../src/engine/access/run-globs.js';
import { StorageError } from '../../../src/engine/storage-error.js';
import type { EventWriter } from '../../../src/engine/store.js';
import { event } from '../../conformance/sample-records.js';
import { observedStore } from './observed-store.js';

const full = () => new Database.SqliteError('database or disk is full', 'SQLITE_FULL');
const ALL = { after: 0, limit: 5000, runs: RunGlobs.everything, types: null };

describe('group commit', () => {
  test('works asked for in one turn of the event loop share one commit', async (t) => {
    let commits = 0;
    const { store } = await observedStore(t, (sql) => {
      commits += Number(sql === 'commit');
    });
    commits = 0;
    const works = Array.from({ length: 100 }, () => store.write((tx) => tx.events.append([event()])));
    await Promise.all(works);
    assert.equal(commits, 1);
  });

  test('a commit takes at most five hundred works', async (t) => {
    let commits = 0;
    const { store } = await observedStore(t, (sql) => {
      commits += Number(sql === 'commit');
    });
    commits = 0;
    const works = Array.from({ length: 1001 }, () => store.write((tx) => tx.events.append([event()])));
    await Promise.all(works);
    assert.equal(commits, 3);
  });

  test('when the commit fails every write of the batch rejects and nothing of it happened', async (t) => {
    let failing = false;
    const { store } = await observedStore(t, (sql) => {
      if (failing && sql === 'commit') {
        throw full();
      }
    });
    failing = true;
    const outcomes = await Promise.allSettled(
      ['a', 'b', 'c'].map((subject) => store.write((tx) => tx.events.append([event({ subject })]))),
    );
    failing = false;
    for (const outcome of outcomes) {
      assert.ok(outcome.status === 'rejected' && outcome.reason instanceof StorageError);
      assert.equal(outcome.reason.kind, 'full');
    }
    assert.deepEqual(await store.events.range(), { oldest: 1, newest: 0 });
    await store.write((tx) => tx.events.append([event()]));
    assert.deepEqual(await store.events.range(), { oldest: 1, newest: 1 });
  });

  test('a fault in the midst of a batch rejects what had begun; what had not begun still happens, in order', async (t) => {
    const { store } = await observedStore(t, (sql, parameters) => {
      if (sql.startsWith('insert into "events"') && parameters.includes('c')) {
        throw full();
      }
    });
    const settled: string[] = [];
    const works = ['a', 'b', 'c', 'd', 'e'].map((subject) =>
      store
        .write((tx) => tx.events.append([event({ subject })]))
        .then(
          () => settled.push(`${subject} written`),
          () => settled.push(`${subject} rejected`),
        ),
    );
    await Promise.all(works);
    assert.deepEqual(settled, ['a rejected', 'b rejected', 'c rejected', 'd written', 'e written']);
    const { events } = await store.events.page(ALL);
    assert.deepEqual(
      events.map((each) => [each.sequence, each.subject]),
      [
        [1, 'd'],
        [2, 'e'],
      ],
    );
  });

  test('a transaction used after its work has ended throws and writes nothing', async (t) => {
    const { store } = await observedStore(t);
    let kept: EventWriter | undefined;
    await store.write(async (tx) => {
      kept = tx.events;
    });
    const late = kept?.append([event()]);
    await assert.rejects(Promise.resolve(late), /the transaction is over/);
    assert.deepEqual(await store.events.range(), { oldest: 1, newest: 0 });
  });
});
