import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RunGlobs } from '../../../src/engine/access/run-globs.js';
import { EVENT_TYPES } from '../../../src/engine/events/event.js';
import type { LeaseState } from '../../../src/engine/holdings/lease.js';
import type { Store, Transaction } from '../../../src/engine/store.js';
import {
  acknowledgement,
  consumer,
  event,
  grantKey,
  lease,
  owedDraft,
  run,
  snapshot,
  step,
  wait,
} from '../../conformance/sample-records.js';
import { observedStore } from './observed-store.js';

/**
 * Tables that may be walked from one end: runs, snapshots and consumers are listed whole and are few; of events and waits the oldest or newest are
 * taken with a limit, in the order of their key, and a percentile is the n-th of an index; the others a statement makes for itself:
 * names of runs, durations in order, a single row.
 */
const WALKED =
  /^SCAN (runs|snapshots|consumers|events|waits|names|longest|counted|total|\d* ?CONSTANT ROWS?|\(subquery-\d+\))(?= |$)/;
/** The durations of several runs are in no index in their common order. There are as many as waits are kept. */
const SORTED = 'longest as materialized';

/** About all runs, one, a few, and those that patterns fit. */
const QUESTIONS = [['*'], ['r'], ['r', 's', 't'], ['r*', '?']].map((patterns) => new RunGlobs(patterns));

test('no statement of the store sorts, or walks a table that grows without a limit', async (t) => {
  const statements = new Map<string, readonly unknown[]>();
  const { store, database } = await observedStore(t, (sql, parameters) => {
    statements.set(sql, parameters);
  });
  await callEverything(store);
  const bad: string[] = [];
  for (const [sql, parameters] of statements) {
    if (!/^(with|select|update|delete|insert)\b/.test(sql.trim())) {
      continue;
    }
    for (const line of plan(sql, parameters)) {
      const walks = line.startsWith('SCAN') && !WALKED.test(line);
      const walksWithoutLimit = /^SCAN (events|waits)/.test(line) && !sql.includes('limit');
      const sorts = line.includes('TEMP B-TREE') && !sql.includes(SORTED);
      if (walks || walksWithoutLimit || sorts) {
        bad.push(`${line}: ${sql}`);
      }
    }
  }
  assert.deepEqual(bad, []);
  assert.ok(statements.size > 50, `only ${statements.size} statements were seen`);

  function plan(sql: string, parameters: readonly unknown[]): readonly string[] {
    const rows = database.writer.prepare(`explain query plan ${sql}`).all(parameters);
    return rows.map((row) => String(Reflect.get(Object(row), 'detail')));
  }
});

async function callEverything(store: Store): Promise<void> {
  await store.write(async (tx) => {
    await tx.runs.put(run('s'));
    await tx.steps.put('s', [step('1')]);
    await tx.steps.remove('s', ['1']);
    await tx.events.append([event()]);
    const made = await tx.snapshots.insert(snapshot());
    await tx.snapshots.advance(made.id, 'building', 'ready');
    const granted = await tx.leases.insert(lease({ state: 'pending' }));
    await tx.leases.update(granted.number, 'pending', { renewedAt: 1, ttlMs: 1 });
    await tx.leases.countHolding(made.id);
    await tx.keys.insert(grantKey(granted.number));
    await tx.keys.prune({ createdBefore: Number.MAX_SAFE_INTEGER, atMost: 10 });
    await tx.leases.remove(granted.number);
    await tx.leases.prune({ endedBefore: 1, atMost: 10 });
    await tx.snapshots.remove(made.id);
    await tx.waits.append([wait()]);
    await callConsumers(tx);
  });
  await Promise.all([store.runs.list(), store.steps.list('r'), store.snapshots.list()]);
  await Promise.all([store.leases.byId('x'), store.leases.byNumber(1), store.keys.find('r', 'a', 'k')]);
  await store.events.range();
  for (const runs of QUESTIONS) {
    for (const types of [null, EVENT_TYPES.slice(0, 1), EVENT_TYPES.slice(0, 2), EVENT_TYPES]) {
      await store.events.page({ after: 0, limit: 5, runs, types });
    }
    const states: (LeaseState | null)[] = [null, 'pending', 'active', 'released'];
    for (const state of states) {
      for (const number of [1, null]) {
        await store.leases.list({ runs, state, step: number, after: 0, limit: 5 });
      }
    }
    await store.waits.page({ runs, before: null, limit: 5 });
    await store.waits.summary(runs);
  }
  await store.write(async (tx) => {
    await tx.events.prune({ before: 0, keep: 0, atMost: 10 });
    await tx.waits.prune({ before: 0, keep: 0, atMost: 10 });
    await tx.runs.remove('s');
  });
}

async function callConsumers({ consumers }: Transaction): Promise<void> {
  await consumers.insert(consumer({ run: 's' }));
  await consumers.update('s', 'c', { position: 1 });
  for (const owed of await consumers.owe('s', 'c', [owedDraft(1)])) {
    await consumers.putOwed(owed);
    await consumers.removeOwed(owed);
  }
  await consumers.findOwed('s', 'c', 1);
  await consumers.owedByLease(1);
  await consumers.countHolding(1);
  await consumers.acknowledge(acknowledgement({ run: 's' }));
  await consumers.acknowledgements({ run: 's', consumer: 'c', after: 0, limit: 5 });
  await consumers.lastAcknowledged('s', 'c', 5);
  await consumers.owed('s', 'c');
  await consumers.list();
  await consumers.remove('s', 'c');
}
