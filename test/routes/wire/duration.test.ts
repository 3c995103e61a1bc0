import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseDuration, toMilliseconds } from '../../../src/routes/wire/duration.js';

describe('a duration in a query string', () => {
  const accepted: readonly [string, number][] = [
    ['0', 0],
    ['30', 30_000],
    ['30s', 30_000],
    ['1.5', 1_500],
    ['1.5m', 90_000],
    ['2h', 7_200_000],
    ['250ms', 250],
    ['1.1', 1_100],
    ['0.0004', 0],
    ['19.97367346199826', 19_974],
    ['365', 365_000],
    ['8760h', 31_536_000_000],
  ];
  for (const [text, milliseconds] of accepted) {
    it(`reads ${JSON.stringify(text)} as ${milliseconds} ms`, () => {
      assert.equal(parseDuration(text), milliseconds);
    });
  }

  const refused = [
    '',
    ' 5',
    '5 ',
    '-1',
    '+1',
    '1e3',
    '.5',
    '5.',
    'NaN',
    'Infinity',
    '1d',
    '1 s',
    '1S',
    '1,5',
    '0x10',
  ];
  for (const text of [...refused, '8761h', '9'.repeat(17), '9'.repeat(400), '1m30s', 's', '٣']) {
    it(`refuses ${JSON.stringify(text.slice(0, 20))}`, () => {
      assert.equal(parseDuration(text), null);
    });
  }
});

describe('a duration in a body', () => {
  it('becomes whole milliseconds', () => {
    assert.equal(toMilliseconds(1.0014), 1_001);
  });

  it('that was left out is null, not zero', () => {
    assert.equal(toMilliseconds(undefined), null);
    assert.equal(toMilliseconds(0), 0);
  });
});
