import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RunGlobs } from '../../../src/engine/access/run-globs.js';
import { event } from '../../conformance/sample-records.js';
import { observedStore } from './observed-store.js';

const APPEND_THIRD = `
  update meta set last_event = 3;
  insert into events select 3, run, type, 'third', time, data_json from events where sequence = 2`;

test('an event committed while a page is read is not passed over by `through`', async (t) => {
  let duringPage = (_sql: string): void => undefined;
  const { store, database } = await observedStore(t, (sql) => duringPage(sql));
  await store.write((tx) => tx.events.append([event(), event()]));
  let statements = 0;
  duringPage = () => {
    statements += 1;
    if (statements === 2) {
      database.writer.exec(APPEND_THIRD);
    }
  };
  const query = { limit: 9, runs: RunGlobs.everything, types: null };
  const first = await store.events.page({ ...query, after: 0 });
  assert.equal(statements, 2, 'the page is read by two statements');
  assert.equal((await store.events.range()).newest, 3);
  const second = await store.events.page({ ...query, after: first.through });
  const subjects = [...first.events, ...second.events].map((each) => each.subject);
  assert.deepEqual(subjects, ['1', '1', 'third']);
});
