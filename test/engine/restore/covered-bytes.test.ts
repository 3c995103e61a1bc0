import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CoveredBytes } from '../../../src/engine/restore/covered-bytes.js';

test('each byte is counted once, however the ranges overlap', () => {
  const range = fc.tuple(fc.nat({ max: 60 }), fc.nat({ max: 20 }));
  fc.assert(
    fc.property(fc.array(range), (ranges) => {
      const covered = new CoveredBytes();
      const seen = new Set<number>();
      for (const [offset, length] of ranges) {
        covered.add(offset, length);
        for (let at = offset; at < offset + length; at += 1) seen.add(at);
      }
      assert.equal(covered.count, seen.size);
    }),
  );
});

test('a file that is read again and again, or with a gap after each byte, is counted all the same', () => {
  const again = new CoveredBytes();
  const gaps = new CoveredBytes();
  for (let at = 0; at < 50_000; at += 1) {
    again.add(at % 7, 3);
    gaps.add((at * 7_919) % 50_000, 1);
    gaps.add(200_000 + 2 * at, 1);
  }
  assert.equal(again.count, 9);
  assert.equal(gaps.count, 100_000);
});
