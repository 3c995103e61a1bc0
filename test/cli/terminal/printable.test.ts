import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { printable, printableJson } from '../../../src/cli/terminal/printable.js';

const CONTROL = /[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;

test('ordinary text of any script stays as it is', () => {
  for (const text of ['step_12', 'Grüße', '検査点', '🙂', "it's {ok}"]) assert.equal(printable(text), text);
});

test('no text brings a control character, a line break or a change of direction to the terminal', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => !CONTROL.test(printable(text))));
});

test('JSON stays the same document, whatever is in it', () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
      const json = printableJson(JSON.stringify(value));
      assert.deepEqual(JSON.parse(json), JSON.parse(JSON.stringify(value)));
      assert.doesNotMatch(json, CONTROL);
    }),
  );
});
