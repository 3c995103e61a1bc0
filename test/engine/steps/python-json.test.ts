import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { JsonValue } from '../../../src/engine/json.js';
import { MetadataError } from '../../../src/engine/steps/checkpoint-metadata.js';
import { MAX_BYTES, MAX_DEPTH, MAX_VALUES, parsePythonJson } from '../../../src/engine/steps/python-json.js';

function parse(text: string): JsonValue {
  return parsePythonJson('f', Buffer.from(text)).value;
}

/** Rejection must not first build what the input asks for. */
function refusedFast(bytes: Uint8Array, sentence: RegExp): void {
  const start = process.cpuUsage();
  assert.throws(
    () => parsePythonJson('f', bytes),
    (error: unknown) => error instanceof MetadataError && sentence.test(error.message),
  );
  // Time on the processor: other work on the machine does not count.
  const { user, system } = process.cpuUsage(start);
  assert.ok(user + system < 1_000_000, `took ${(user + system) / 1000} ms`);
}

describe('parsePythonJson', () => {
  it('agrees with JSON.parse on all JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(0, 1, '\t', ' \n\r'), (value, space) => {
        const text = JSON.stringify(value, null, space);
        assert.deepEqual(parse(text), JSON.parse(text));
      }),
      { numRuns: 500 },
    );
  });

  it('accepts no text that JSON.parse refuses, but for the three words', () => {
    const tokens = fc.constantFrom(...'{}[],:"\\ -+.eE019tn\n\0', 'true', 'null', '"a"', '\\u0041', '1.5');
    fc.assert(
      fc.property(fc.array(tokens), (parts) => {
        const text = parts.join('');
        assert.equal(
          accepts(() => parse(text)),
          accepts(() => JSON.parse(text)),
          text,
        );
      }),
      { numRuns: 2000 },
    );
  });

  it('reads the words of Python, which become strings', () => {
    assert.deepEqual(parse('[NaN, Infinity, -Infinity, {"a": NaN}]'), [
      'NaN',
      'Infinity',
      '-Infinity',
      { a: 'NaN' },
    ]);
    for (const text of ['-NaN', 'nan', 'Inf', '+Infinity', 'NaN1', '[NaN NaN]', 'True', 'None'])
      assert.throws(() => parse(text), MetadataError, text);
  });

  it('reads numbers beyond a double as infinities, since JSON has no other word for them', () => {
    assert.deepEqual(parse(`[1e999, -1e999, 1${'0'.repeat(400)}]`), ['Infinity', '-Infinity', 'Infinity']);
  });

  it('adds __proto__ and constructor as members and leaves prototypes alone', () => {
    const value = parse('{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}}');
    assert.ok(typeof value === 'object' && value !== null);
    assert.deepEqual(Object.keys(value), ['__proto__', 'constructor']);
    assert.equal(Object.getPrototypeOf(value), Object.prototype);
    assert.equal(Object.hasOwn(Object.prototype, 'polluted'), false);
    assert.equal(JSON.stringify(structuredClone(value)), JSON.stringify(value));
  });

  it('lets the last of repeated keys count', () => {
    assert.deepEqual(parse('{"a": 1, "b": 2, "a": [3]}'), { a: [3], b: 2 });
  });

  it('keeps the digits of integers that are direct members', () => {
    const { integers } = parsePythonJson(
      'f',
      Buffer.from('{"a": 18446744073709551617, "b": 1.0, "c": [7], "d": -5}'),
    );
    assert.deepEqual(
      [...integers],
      [
        ['a', '18446744073709551617'],
        ['d', '-5'],
      ],
    );
  });

  it('refuses invalid UTF-8, a byte order mark and integers that Python would not read', () => {
    assert.throws(
      () => parsePythonJson('f', Uint8Array.of(0x22, 0xff, 0x22)),
      /^MetadataError: f is not valid UTF-8\.$/,
    );
    assert.throws(() => parse('\ufeff{}'), /character 0/);
    assert.throws(() => parse('9'.repeat(4301)), /an integer of 4301 digits/);
  });

  it('refuses 100 MB unread', () => {
    refusedFast(new Uint8Array(100_000_000).fill(0x20), /has 100000000 bytes/);
    assert.equal(parse(`${' '.repeat(MAX_BYTES - 1)}1`), 1);
  });

  it('refuses 100,000 levels', () => {
    for (const open of ['[', '{"a":', '[{"a":'])
      refusedFast(Buffer.from(open.repeat(100_000)), /nested deeper than 64 levels/);
    const deepest = '['.repeat(MAX_DEPTH) + ']'.repeat(MAX_DEPTH);
    assert.doesNotThrow(() => parse(deepest));
    assert.throws(() => parse(`[${deepest}]`), /nested deeper/);
  });

  it('refuses millions of values', () => {
    refusedFast(Buffer.from(`[${'[],'.repeat(2_700_000)}[]]`), /more than 500000 values/);
    assert.throws(() => parse(`[${'1,'.repeat(MAX_VALUES - 1)}1]`), /values/);
    assert.doesNotThrow(() => parse(`[${'1,'.repeat(MAX_VALUES - 2)}1]`));
  });
});

function accepts(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch {
    return false;
  }
}
