import assert from 'node:assert/strict';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { openSqliteStore } from '../../../src/adapters/sqlite/sqlite-store.js';
import { RunGlobs } from '../../../src/engine/access/run-globs.js';
import { EngineError } from '../../../src/engine/errors.js';
import { EventLog } from '../../../src/engine/events/event-log.js';
import { LogReader } from '../../../src/engine/events/log-reader.js';
import { LogSubscription } from '../../../src/engine/events/subscription.js';
import { silentObserver } from '../../../src/engine/observer.js';
import { Interrupt } from '../../../src/engine/signals/interrupt.js';
import type { EventQuery, Store } from '../../../src/engine/store.js';
import { FakeClock } from '../../support/fake-clock.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';

const clock = new FakeClock();

/** A log of ten events as a restart finds it, with nothing in memory; `interlude` happens right before each read of a page. */
async function logOf(t: TestContext, interlude: (store: Store) => Promise<void>): Promise<EventLog> {
  const store = await openSqliteStore({ file: join(await temporaryDirectory(t), 'db'), clock });
  t.after(() => store.close());
  const draft = { run: 'r', type: 'run.finished', subject: 'r', time: 0, data: {} } as const;
  await store.write((tx) => tx.events.append(Array.from({ length: 10 }, () => draft)));
  const events = {
    range: () => store.events.range(),
    page: async (query: EventQuery) => {
      await interlude(store);
      return store.events.page(query);
    },
  };
  const around: Store = { ...store, events, write: (work) => store.write(work), close: () => store.close() };
  return EventLog.open(around, clock, silentObserver);
}

const keepThree = async (store: Store): Promise<void> => {
  await store.write((tx) => tx.events.prune({ before: 0, keep: 3, atMost: 100 }));
};

const isExpired = (error: unknown) => error instanceof EngineError && error.code === 'cursor_expired';

test('a stream that retention overtakes ends with an expired cursor, and skips nothing silently', async (t) => {
  const log = await logOf(t, keepThree);
  const request = { run: null, types: null, after: log.cursor(2) };
  const stream = new LogSubscription(log, clock, request, RunGlobs.everything, () => undefined);
  assert.equal((await stream.next())?.[0]?.type, 'bookmark');

  await assert.rejects(stream.next(), isExpired);
});

test('a page whose events are removed while it is read is an expired cursor, whatever its filters hide', async (t) => {
  const log = await logOf(t, keepThree);

  for (const types of [null, ['run.removed'] as const])
    await assert.rejects(log.page({ after: 2, limit: 100, runs: RunGlobs.everything, types }), isExpired);
});

test('a page without after begins with the oldest event that is kept by the time it is read', async (t) => {
  const log = await logOf(t, keepThree);
  const limits = { streams: { all: 1, perToken: null }, maxWaitMs: 1 };
  const reader = new LogReader(log, clock, new Interrupt(), limits);
  const request = { run: null, types: null, after: null, limit: 100, timeoutMs: 0 };

  const page = await reader.page(request, RunGlobs.everything, new AbortController().signal);

  assert.deepEqual(
    page.items.map(({ id }) => id),
    [8, 9, 10].map((position) => log.cursor(position)),
  );
});

test('what is removed behind the position of a reader is nothing to it', async (t) => {
  const log = await logOf(t, keepThree);

  const page = await log.page({ after: 7, limit: 100, runs: RunGlobs.everything, types: null });

  assert.equal(page.events.length, 3);
});
