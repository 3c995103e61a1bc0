import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RestoreError } from '../../../src/engine/restore/restore-error.js';
import { parseTreeMetadata } from '../../../src/engine/restore/tree-metadata.js';

function entry(path: (string | number)[], value: object = { value_type: 'scalar', skip_deserialize: false }) {
  return {
    key_metadata: path.map((key) => ({ key: String(key), key_type: typeof key === 'number' ? 1 : 2 })),
    value_metadata: value,
  };
}

function parse(entries: object, rest: object = {}) {
  return parseTreeMetadata(JSON.stringify({ tree_metadata: entries, ...rest }));
}

function refuses(text: string, detail: RegExp): void {
  assert.throws(
    () => parseTreeMetadata(text),
    (error) => error instanceof RestoreError && error.file === '_METADATA' && detail.test(error.detail),
  );
}

function refusesEntry(value: object, detail: RegExp): void {
  refuses(JSON.stringify({ tree_metadata: { x: value } }), detail);
}

describe('_METADATA', () => {
  it('gives the nodes in pytree order', () => {
    const { entries } = parse({ 1: entry(['b', 1]), 2: entry(['b', 0]), 3: entry(['__proto__']) });
    assert.deepEqual(
      entries.map(({ path }) => path),
      [['__proto__'], ['b', 0], ['b', 1]],
    );
  });

  it('may lack what older checkpoints lack', () => {
    const tree = parse({ 1: entry(['a']) });
    assert.equal(tree.useOcdbt, null);
    assert.equal(tree.useZarr3, false);
    assert.equal(tree.storesFillValues, false);
    assert.equal(tree.customMetadata.text, 'null');
  });

  it('may have members that are not known yet', () => {
    const value = { value_type: 'scalar', skip_deserialize: false, new: [{}] };
    assert.equal(parse({ 1: { ...entry(['a'], value), new: 1 } }, { new: { x: [] } }).entries.length, 1);
  });

  it('is refused when it is not of the known form', () => {
    refuses('', /object/);
    refuses('[]', /object/);
    refuses('{}', /no tree_metadata/);
    refuses('{"tree_metadata": {}}', /no nodes/);
    refuses('{"tree_metadata": [], "use_ocdbt": true}', /object/);
    refuses('{"use_ocdbt": 1}', /true or false/);
    refuses('{"use_ocdbt": true, "use_ocdbt": true}', /twice/);
    refuses('{"tree_metadata": {"a": 1}}', /object/);
  });

  it('is refused when an entry lacks a part, or has one twice', () => {
    const { key_metadata, value_metadata } = entry(['a']);
    refusesEntry({ key_metadata }, /value_metadata/);
    refusesEntry({ value_metadata }, /key_metadata/);
    refusesEntry({ key_metadata: [{ key: 'a' }], value_metadata }, /key_type/);
    refusesEntry({ key_metadata: [{ key_type: 2 }], value_metadata }, /no key/);
    refusesEntry(entry(['a'], { value_type: 'scalar' }), /skip_deserialize/);
    refusesEntry(entry(['a'], { skip_deserialize: true }), /value_type/);
    const whole = JSON.stringify(entry(['a']));
    refuses(`{"tree_metadata": {"x": ${whole}, "x": ${whole}}}`, /twice/);
    refuses(`{"tree_metadata": {"x": ${whole.replace('"key":"a"', '"key":"a","key":"b"')}}}`, /twice/);
  });

  it('is refused when a key is of an unknown type or no index', () => {
    const { value_metadata } = entry(['a']);
    const keyed = (key: unknown, key_type: unknown) => ({
      key_metadata: [{ key, key_type }],
      value_metadata,
    });
    refusesEntry(keyed('a', 3), /key_type/);
    refusesEntry(keyed('a', 1.5), /whole number/);
    refusesEntry(keyed('x', 1), /index/);
    refusesEntry(keyed('-1', 1), /index/);
    refusesEntry(keyed('01', 1), /index/);
    refusesEntry(keyed(1, 2), /string/);
  });

  it('is refused when a path is ten thousand keys long', () => {
    refusesEntry(entry(new Array(10_000).fill('a')), /more than 500 keys/);
  });

  it('is refused when a write_shape is no shape', () => {
    for (const write_shape of [null, 'abc', [1.5], [-1], [2 ** 53], new Array(33).fill(1)]) {
      refusesEntry(entry(['a'], { value_type: 'x', skip_deserialize: false, write_shape }), /./);
    }
  });
});
