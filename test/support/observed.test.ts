import assert from 'node:assert/strict';
import test from 'node:test';
import { Observed } from './observed.js';

test('what happened before it was asked for counts, and is given once', async () => {
  const observed = new Observed();
  observed.observer.watchRecovered({ run: 'a' });
  observed.observer.watchRecovered({ run: 'b' });

  assert.deepEqual(await observed.next('watchRecovered'), { run: 'a' });
  assert.deepEqual(await observed.next('watchRecovered'), { run: 'b' });
  assert.deepEqual(observed.all('watchRecovered'), [{ run: 'a' }, { run: 'b' }]);
});

test('what has not happened yet is waited for, past others that do not fit', async () => {
  const observed = new Observed();
  const next = observed.next('watchRecovered', ({ run }) => run === 'b');

  observed.observer.watchRecovered({ run: 'a' });
  observed.observer.watchDegraded({ run: 'b', reason: 'ENOSPC' });
  observed.observer.watchRecovered({ run: 'b' });

  assert.deepEqual(await next, { run: 'b' });
});

test('two that wait for the same get one each', async () => {
  const observed = new Observed();
  const both = Promise.all([observed.next('watchRecovered'), observed.next('watchRecovered')]);

  observed.observer.watchRecovered({ run: 'a' });
  observed.observer.watchRecovered({ run: 'b' });

  assert.deepEqual(await both, [{ run: 'a' }, { run: 'b' }]);
});

test('waiting in vain fails in bounded time and names what was seen', async () => {
  const observed = new Observed();
  observed.observer.watchRecovered({ run: 'a' });

  const vain = observed.next('scanFailed', () => true, 10);

  await assert.rejects(vain, /no scanFailed that fits within 10 ms; seen: watchRecovered \{"run":"a"\}/);
});
