import assert from 'node:assert/strict';
import test from 'node:test';
import { combineObservers, observerOf, silentObserver } from '../../src/engine/observer.js';

const RECOVERED = { run: 'r' };

test('an observer made of one function passes every happening on by its name', () => {
  const told: unknown[] = [];
  const observer = observerOf((name, happening) => told.push([name, happening]));

  observer.watchRecovered(RECOVERED);
  observer.reconciled({ run: 'r', subject: 'snapshot 7', action: 'removed' });

  assert.deepEqual(told, [
    ['watchRecovered', RECOVERED],
    ['reconciled', { run: 'r', subject: 'snapshot 7', action: 'removed' }],
  ]);
});

test('combined observers are told in their order', () => {
  const told: string[] = [];
  const observer = combineObservers(
    { ...silentObserver, watchRecovered: () => told.push('first') },
    { ...silentObserver, watchRecovered: () => told.push('second') },
  );

  observer.watchRecovered(RECOVERED);

  assert.deepEqual(told, ['first', 'second']);
});
