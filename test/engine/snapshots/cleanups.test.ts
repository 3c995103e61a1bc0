import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { Cleanups } from '../../../src/engine/snapshots/cleanups.js';
import { FakeClock } from '../../support/fake-clock.js';
import { Observed } from '../../support/observed.js';

/** Work that fails so often before it succeeds. */
function failing(times: number) {
  const work = {
    attempts: 0,
    run: async (): Promise<void> => {
      work.attempts += 1;
      if (work.attempts <= times) throw new Error(`attempt ${work.attempts}`);
    },
  };
  return work;
}

function scene() {
  const clock = new FakeClock();
  const observed = new Observed();
  return { clock, observed, cleanups: new Cleanups(clock, observed.observer) };
}

describe('cleanups', () => {
  test('work that fails is tried again every second until it succeeds, and told of once', async () => {
    const { clock, observed, cleanups } = scene();
    const work = failing(2);
    await cleanups.begin('a', 'cleaning', work.run);
    for (const expected of [2, 3, 3]) {
      clock.advance(1_000);
      await turn();
      assert.equal(work.attempts, expected);
    }
    assert.equal(clock.pendingTimers, 0);
    assert.deepEqual(
      observed.all('internalError').map(({ during }) => during),
      ['cleaning'],
    );
  });

  test('settling tries at once, rejects while it fails, and minds its own key only', async () => {
    const { clock, cleanups } = scene();
    const work = failing(2);
    const other = failing(9);
    await cleanups.begin('a', 'cleaning', work.run);
    await cleanups.begin('b', 'cleaning', other.run);
    await assert.rejects(cleanups.settle('a'), /attempt 2/);
    await cleanups.settle('a');
    await cleanups.settle('a');
    assert.deepEqual([work.attempts, other.attempts, clock.pendingTimers], [3, 1, 1]);
  });

  test('attempts at the same time are one', async () => {
    const { cleanups } = scene();
    const work = failing(1);
    await cleanups.begin('a', 'cleaning', work.run);
    await Promise.all([cleanups.settle('a'), cleanups.settle('a')]);
    assert.equal(work.attempts, 2);
  });

  test('nothing is tried after closing, for the next start finds it', async () => {
    const { clock, cleanups } = scene();
    const work = failing(9);
    await cleanups.begin('a', 'cleaning', work.run);
    await cleanups.close();
    clock.advance(60_000);
    await turn();
    assert.equal(work.attempts, 1);
  });
});
