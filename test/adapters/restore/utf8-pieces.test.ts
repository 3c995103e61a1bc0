import assert from 'node:assert/strict';
import { test } from 'node:test';
import { utf8Pieces } from '../../../src/adapters/restore/utf8-pieces.js';

test('texts come out as UTF-8 in bounded pieces, characters whole or cut', () => {
  const texts = ['aé€😀'.repeat(30_000), '', 'x', '😀'.repeat(70_000)];
  const pieces = [...map(utf8Pieces(texts), (piece) => piece.slice())];
  assert.equal(Buffer.concat(pieces).toString(), texts.join(''));
  assert.ok(pieces.length > 1 && pieces.every(({ length }) => length <= 64 * 1024));
});

test('no text is made before there is need of it', () => {
  let made = 0;
  function* endless(): Generator<string> {
    for (;;) {
      made += 1;
      yield 'x'.repeat(1_000);
    }
  }
  const pieces = utf8Pieces(endless());
  pieces.next();
  assert.ok(made < 100);
});

function* map<T, U>(values: Iterable<T>, change: (value: T) => U): Generator<U> {
  for (const value of values) yield change(value);
}
