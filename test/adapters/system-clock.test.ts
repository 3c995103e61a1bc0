import assert from 'node:assert/strict';
import test from 'node:test';
import { systemClock } from '../../src/adapters/system-clock.js';

const after = (delayMs: number): Promise<number> =>
  new Promise((resolve) => systemClock.after(delayMs, () => resolve(systemClock.monotonic())));

test('a timer never fires before its delay is over by the monotonic clock', async () => {
  const delays = Array.from({ length: 200 }, (_, index) => index / 7);
  const early = await Promise.all(
    delays.map(async (delayMs) => {
      const due = systemClock.monotonic() + delayMs;
      return (await after(delayMs)) < due;
    }),
  );

  assert.equal(early.filter(Boolean).length, 0);
});

test('a cancelled timer does not fire, and cancelling again does nothing', async () => {
  let fired = false;
  const cancel = systemClock.after(1, () => {
    fired = true;
  });
  cancel();
  await after(5);
  cancel();

  assert.equal(fired, false);
});

test('a delay beyond 32 bits is waited for in parts', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let elapsedMs = 0;
  t.mock.method(performance, 'now', () => elapsedMs);
  const advance = (ms: number): void => {
    elapsedMs += ms;
    t.mock.timers.tick(ms);
  };
  let fired = 0;
  systemClock.after(2 ** 31 + 1_000, () => {
    fired += 1;
  });

  advance(2 ** 31 - 1);
  assert.equal(fired, 0);
  advance(1_000);
  assert.equal(fired, 0);
  advance(1);
  assert.equal(fired, 1);
});

test('wall time is in milliseconds, and random bytes are as many as asked for and not the same twice', () => {
  assert.ok(Math.abs(systemClock.now() - Date.now()) < 1_000);
  const [one, other] = [systemClock.randomBytes(16), systemClock.randomBytes(16)];
  assert.equal(one.length, 16);
  assert.notDeepEqual(one, other);
});
