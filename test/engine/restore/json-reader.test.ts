import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type JsonDialect, PYTHON_JSON, TENSORSTORE_JSON } from '../../../src/engine/restore/json-dialect.js';
import { readDocument, skipValue } from '../../../src/engine/restore/json-generic.js';
import { passThrough } from '../../../src/engine/restore/json-passthrough.js';
import { JsonReader } from '../../../src/engine/restore/json-reader.js';
import { JsonFloat, type JsonValue } from '../../../src/engine/restore/json-value.js';
import { RestoreError } from '../../../src/engine/restore/restore-error.js';

function read(text: string, dialect: JsonDialect = PYTHON_JSON): JsonValue {
  const reader = new JsonReader(text, 'file', dialect);
  const value = readDocument(reader);
  return value;
}

/** In the form that JSON.parse gives. */
function plain(value: JsonValue): unknown {
  if (value instanceof JsonFloat) return value.value;
  if (value instanceof Map) {
    const object: Record<string, unknown> = {};
    for (const [key, child] of value) {
      Object.defineProperty(object, key, {
        value: plain(child),
        enumerable: true,
        configurable: true,
        writable: true,
      });
    }
    return object;
  }
  return Array.isArray(value) ? value.map(plain) : value;
}

function refuses(text: string, detail: RegExp, dialect: JsonDialect = PYTHON_JSON): void {
  assert.throws(
    () => read(text, dialect),
    (error) => error instanceof RestoreError && detail.test(error.detail),
    text.slice(0, 50),
  );
}

describe('reading JSON', () => {
  it('gives what JSON.parse gives', () => {
    fc.assert(
      fc.property(fc.json(), fc.constantFrom(0, 1, '\t'), (text, indent) => {
        const spaced = JSON.stringify(JSON.parse(text), null, indent);
        assert.deepEqual(plain(read(spaced)), JSON.parse(spaced));
      }),
    );
  });

  it('refuses what JSON.parse refuses', () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(), fc.string({ maxLength: 2 }), (text, place, noise) => {
        const at = place % (text.length + 1);
        const damaged = text.slice(0, at) + noise + text.slice(at + 1);
        try {
          JSON.parse(damaged);
        } catch {
          assert.throws(() => read(damaged, TENSORSTORE_JSON), RestoreError);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('keeps keys that mean something to JavaScript', () => {
    const value = read('{"__proto__": 1, "constructor": 2, "10": 3, "9": 4}');
    assert.ok(value instanceof Map);
    assert.deepEqual([...value.keys()], ['__proto__', 'constructor', '10', '9']);
  });

  it('tells a whole number from one that only equals it', () => {
    assert.ok(read('8.0') instanceof JsonFloat);
    assert.ok(read('8e0') instanceof JsonFloat);
    assert.equal(read('8'), 8);
  });

  it('refuses a repeated key, an unknown word, extra data, a BOM', () => {
    refuses('{"a": 1, "a": 2}', /twice/);
    refuses('nul', /null/);
    refuses('undefined', /value/);
    refuses('1 2', /extra/);
    refuses('\ufeff1', /value/);
    refuses('01', /extra/);
    refuses('[1,]', /value/);
    refuses('{"a" 1}', /":"/);
    refuses('"a\nb"', /control/);
    refuses('"\\x"', /escape/);
    refuses('"\\u12g4"', /escape/);
    refuses('', /value/);
  });

  it('knows NaN in the dialect of Python only, and nowhere in metadata', () => {
    refuses('NaN', /NaN/);
    refuses('-Infinity', /NaN or an infinity/);
    refuses('NaN', /expected a value/, TENSORSTORE_JSON);
  });

  it('keeps a lone surrogate in the dialect of Python only', () => {
    assert.equal(read('"\\ud800x"'), '\ud800x');
    assert.equal(read('"\\ud83d\\ude00"', TENSORSTORE_JSON), '\u{1f600}');
    refuses('"\\ud800x"', /surrogate/, TENSORSTORE_JSON);
  });

  it('stops at ten thousand nested brackets', () => {
    refuses('['.repeat(10_000), /deep/);
    refuses('{"a":'.repeat(10_000), /deep/);
    const reader = new JsonReader('['.repeat(10_000), 'file', PYTHON_JSON);
    assert.throws(() => skipValue(reader), RestoreError);
    assert.throws(() => passThrough(new JsonReader('['.repeat(10_000), 'file', PYTHON_JSON)), RestoreError);
  });

  it('stops at a number of more digits than Python converts', () => {
    refuses('1'.repeat(4301), /long/);
    assert.ok(read('1'.repeat(4300)));
  });

  it('says at which byte it stopped', () => {
    assert.throws(
      () => read('["é", x]'),
      (error) => error instanceof RestoreError && error.offset === 7 && error.file === 'file',
    );
  });
});

describe('passing JSON through', () => {
  function pass(text: string): string {
    return passThrough(new JsonReader(text, 'file', PYTHON_JSON)).text;
  }

  it('keeps digits, drops white space, and the last of repeated keys wins', () => {
    assert.equal(pass('{"a": [1, 1.50, 12345678901234567890], "a" : {"b": -0}}'), '{"a":{"b":-0}}');
    assert.equal(pass('[12345678901234567890, 1.50]'), '[12345678901234567890,1.50]');
  });

  it('writes what JSON cannot say as strings', () => {
    assert.equal(
      pass('[NaN, Infinity, -Infinity, 1e999, -1e999]'),
      '["NaN","Infinity","-Infinity","Infinity","-Infinity"]',
    );
  });

  it('gives what JSON.parse gives', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        assert.deepEqual(JSON.parse(pass(text)), JSON.parse(text));
      }),
    );
  });
});
