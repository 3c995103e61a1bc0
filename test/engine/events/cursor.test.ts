import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { formatCursor, parseCursor } from '../../../src/engine/events/cursor.js';

const storeIds = fc.stringMatching(/^[A-Za-z0-9_-]{1,32}$/);
const everything = { floor: 0, newest: Number.MAX_SAFE_INTEGER };

describe('cursors', () => {
  it('name every position that a log can have, and give it back', () => {
    fc.assert(
      fc.property(storeIds, fc.maxSafeNat(), (id, sequence) => {
        assert.equal(parseCursor(id, everything, formatCursor(id, sequence)), sequence);
      }),
    );
  });

  it('fit into a query string as they are', () => {
    fc.assert(
      fc.property(storeIds, fc.maxSafeNat(), (id, sequence) => {
        const cursor = formatCursor(id, sequence);
        assert.equal(encodeURIComponent(cursor), cursor);
      }),
    );
  });

  it('of another store are none', () => {
    fc.assert(
      fc.property(storeIds, storeIds, fc.maxSafeNat(), (one, other, sequence) => {
        fc.pre(one !== other);
        assert.equal(parseCursor(one, everything, formatCursor(other, sequence)), null);
      }),
    );
  });

  it('are good from just before the oldest event kept up to the newest', () => {
    const bounds = { floor: 10, newest: 40 };
    const parse = (sequence: number) => parseCursor('s', bounds, formatCursor('s', sequence));
    assert.deepEqual([9, 10, 40, 41].map(parse), [null, 10, 40, null]);
  });

  for (const text of [
    '',
    '.',
    's',
    's.',
    '.1',
    's.01',
    's.-1',
    's.1.1',
    's.A',
    's. 1',
    's.zzzzzzzzzzz',
    's.1\n',
  ])
    it(`are not ${JSON.stringify(text)}`, () => {
      assert.equal(parseCursor('s', everything, text), null);
    });

  it('have one text for each position: no other text is read as it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const sequence = parseCursor('s', everything, text);
        assert.ok(sequence === null || formatCursor('s', sequence) === text);
      }),
    );
  });
});
