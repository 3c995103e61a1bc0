import assert from 'node:assert/strict';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { openSqliteStore } from '../../../src/adapters/sqlite/sqlite-store.js';
import { EventLog } from '../../../src/engine/events/event-log.js';
import { StorageError } from '../../../src/engine/storage-error.js';
import type { Store } from '../../../src/engine/store.js';
import { FakeClock } from '../../support/fake-clock.js';
import { Observed } from '../../support/observed.js';
import { repeating } from '../../support/repeating-store.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';

const EVENT = { run: 'r', type: 'run.finished', subject: 'r', time: 0, data: {} } as const;

async function open(t: TestContext, around: (store: Store) => Store = (store) => store) {
  const clock = new FakeClock();
  const store = await openSqliteStore({ file: join(await temporaryDirectory(t), 'db'), clock });
  t.after(() => store.close());
  const observed = new Observed();
  const log = await EventLog.open(around(store), clock, observed.observer);
  return { clock, store, observed, log };
}

/** A store whose writes fail while `faultOf` gives a fault. */
function faulty(store: Store, faultOf: () => Error | null): Store {
  const { id, runs, steps, events, snapshots, leases, keys, consumers, waits, tokens } = store;
  return {
    ...{ id, runs, steps, events, snapshots, leases, keys, consumers, waits, tokens },
    write: async (work) => {
      const fault = faultOf();
      if (fault !== null) throw fault;
      return store.write(work);
    },
    close: () => store.close(),
  };
}

test('what a work decides counts once, however often the store runs it', async (t) => {
  const { log, store } = await open(t, repeating);
  const applied: string[] = [];

  await log.commit(async (_tx, { emit, apply }) => {
    emit(EVENT);
    apply(() => applied.push('once'));
  });

  assert.deepEqual(applied, ['once']);
  assert.equal((await store.events.range()).newest, 1);
});

test('memory changes after the commit, and before anyone is woken', async (t) => {
  const { log, store } = await open(t);
  const wakeup = log.wakeup('r');
  const seen: unknown[] = [];

  await log.commit(async (_tx, { emit, apply }) => {
    emit(EVENT);
    apply(() => seen.push(wakeup.version, log.positionOf('r')));
  });

  assert.deepEqual([...seen, wakeup.version, log.positionOf('r')], [0, 0, 1, 1]);
  assert.equal((await store.events.range()).newest, 1);
});

test('nothing changes in memory when the work fails', async (t) => {
  const { log } = await open(t);
  const applied: string[] = [];

  const commit = log.commit(async (_tx, { apply }) => {
    apply(() => applied.push('never'));
    throw new Error('no');
  });

  await assert.rejects(commit, /no/);
  assert.deepEqual(applied, []);
});

test('what is insisted on is tried again a second apart until the store takes writes, and each failure is told', async (t) => {
  const full = new StorageError('full', 'no room');
  let fault: Error | null = full;
  const { log, clock, observed } = await open(t, (store) => faulty(store, () => fault));
  let attempts = 0;
  let isDone = false;
  const job = async () => {
    attempts += 1;
    await log.commit(async () => undefined);
    isDone = true;
  };

  await log.insist('testing', job);
  clock.advance(1_000);
  while (observed.all('storeCommitFailed').length < 2) await setImmediate();
  fault = null;
  clock.advance(1_000);
  while (!isDone) await setImmediate();

  assert.equal(attempts, 3);
  assert.deepEqual(
    observed.all('storeCommitFailed').map(({ error }) => error),
    [full, full],
  );
});

test('nothing is insisted on once the log is closed', async (t) => {
  const { log, clock } = await open(t);
  let attempts = 0;
  const job = async () => {
    attempts += 1;
    throw new Error('no');
  };

  await log.insist('testing', job);
  log.close();
  clock.advance(10_000);
  await setImmediate();

  assert.equal(attempts, 1);
  assert.equal(clock.pendingTimers, 0);
});
