import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { isTokenText, SECRET_BYTES, tokenText } from '../../../src/engine/access/token-text.js';

const secret = fc.uint8Array({ minLength: SECRET_BYTES, maxLength: SECRET_BYTES });

it('is slt_ and 49 characters of base 62, whatever the secret', () => {
  for (const byte of [0, 255])
    assert.match(tokenText(new Uint8Array(SECRET_BYTES).fill(byte)), /^slt_[0-9A-Za-z]{49}$/);
  fc.assert(fc.property(secret, (bytes) => isTokenText(tokenText(bytes))));
});

it('tells two secrets apart', () => {
  fc.assert(
    fc.property(secret, secret, (a, b) => (tokenText(a) === tokenText(b)) === (Buffer.compare(a, b) === 0)),
  );
});

it('is not well-formed any more when a character is mistyped, or two are swapped', () => {
  const text = tokenText(new Uint8Array(SECRET_BYTES).map((_, i) => i * 7));
  for (let i = 4; i < text.length; i += 1) {
    const other = text[i] === 'x' ? 'y' : 'x';
    assert.equal(isTokenText(text.slice(0, i) + other + text.slice(i + 1)), false, `character ${i}`);
  }
  const [a, b] = [text.slice(10, 11), text.slice(11, 12)];
  assert.notEqual(a, b);
  assert.equal(isTokenText(text.slice(0, 10) + b + a + text.slice(12)), false);
  for (const cut of [text.slice(0, -1), `${text}0`, text.slice(4), '', 'slt_'])
    assert.equal(isTokenText(cut), false);
});
