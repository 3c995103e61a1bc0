import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lastToPrune } from '../../../src/adapters/sqlite/log-pruning.js';

const entries = [
  { position: 4, time: 10 },
  { position: 5, time: 20 },
  { position: 6, time: 15 },
];

test('a log is cut behind the last entry of its beginning that is too old or too many', () => {
  const cases: readonly (readonly [before: number, keep: number, last: number | null])[] = [
    [0, 3, null],
    [10, 3, null],
    [11, 3, 4],
    [16, 3, 4],
    [21, 3, 6],
    [0, 2, 4],
    [0, 0, 6],
    [16, 1, 6],
  ];
  for (const [before, keep, last] of cases) {
    assert.equal(lastToPrune(entries, 6, { before, keep, atMost: 3 }), last, `${before} ${keep}`);
  }
  assert.equal(lastToPrune([], 6, { before: 99, keep: 0, atMost: 3 }), null);
});
