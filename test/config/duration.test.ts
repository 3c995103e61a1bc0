import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { formatDuration, parseDuration } from '../../src/config/duration.js';

const READ: readonly (readonly [string, number])[] = [
  ['30', 30_000],
  ['30s', 30_000],
  ['1.5m', 90_000],
  ['2h', 7_200_000],
  ['7d', 604_800_000],
  ['250ms', 250],
  ['0.5', 500],
  ['.5s', 500],
  ['0', 0],
];

for (const [text, ms] of READ) {
  test(`the duration ${text} is ${ms} ms`, () => assert.equal(parseDuration(text), ms));
}

for (const text of [
  '',
  ' 30',
  '-1',
  '+1',
  '1 s',
  '30S',
  '1w',
  '1e3',
  's',
  '1.',
  '9'.repeat(20),
  'Infinity',
]) {
  test(`${JSON.stringify(text)} is no duration`, () => assert.equal(parseDuration(text), null));
}

test('every whole number of milliseconds is written so that it is read back unchanged', () => {
  fc.assert(
    fc.property(fc.nat({ max: 10 ** 12 }), (ms) => assert.equal(parseDuration(formatDuration(ms)), ms)),
  );
});
