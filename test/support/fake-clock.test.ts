import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FakeClock } from './fake-clock.js';

describe('the fake clock', () => {
  test('stands still until it is moved, and moves both times', () => {
    const clock = new FakeClock(1000);
    clock.advance(250);
    assert.deepEqual([clock.now(), clock.monotonic()], [1250, 250]);
  });

  test('fires timers by due time, then by the order in which they were set, at their own moment', () => {
    const clock = new FakeClock(0);
    const fired: string[] = [];
    for (const [name, delay] of [
      ['late', 30],
      ['first', 10],
      ['second', 10],
      ['never', 41],
    ] as const) {
      clock.after(delay, () => fired.push(`${name} ${clock.monotonic()} ${clock.now()}`));
    }
    clock.advance(40);
    assert.deepEqual(fired, ['first 10 10', 'second 10 10', 'late 30 30']);
    assert.equal(clock.pendingTimers, 1);
  });

  test('fires a timer that a callback sets, when it falls due within the same move', () => {
    const clock = new FakeClock();
    const fired: number[] = [];
    const again = () => {
      fired.push(clock.monotonic());
      clock.after(10, again);
    };
    clock.after(10, again);
    clock.advance(35);
    assert.deepEqual(fired, [10, 20, 30]);
  });

  test('fires no timer that was cancelled, also by a callback of the same moment', () => {
    const clock = new FakeClock();
    const fired: string[] = [];
    clock.after(5, () => {
      fired.push('one');
      cancel();
      cancel();
    });
    const cancel = clock.after(5, () => fired.push('two'));
    clock.advance(5);
    assert.deepEqual(fired, ['one']);
  });

  test('a jump of the wall clock moves no timer', () => {
    const clock = new FakeClock(0);
    let fired = false;
    clock.after(10, () => {
      fired = true;
    });
    clock.setWall(1_000_000);
    assert.equal(fired, false);
    clock.advance(10);
    assert.deepEqual([fired, clock.now()], [true, 1_000_010]);
  });
});
