import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PYTHON_JSON } from '../../../src/engine/restore/json-dialect.js';
import { readDocument } from '../../../src/engine/restore/json-generic.js';
import { JsonReader } from '../../../src/engine/restore/json-reader.js';
import type { JsonValue } from '../../../src/engine/restore/json-value.js';
import { RestoreError } from '../../../src/engine/restore/restore-error.js';
import { readSharding } from '../../../src/engine/restore/sharding.js';
import { readShardings } from '../../../src/engine/restore/sharding-file.js';
import { MemoryFiles, utf8 } from './memory-files.js';

const NAMED = {
  sharding_type: 'NamedSharding',
  shape: [2, 1],
  axis_names: ['x', 'y'],
  axis_types: ['AxisType.Auto', 'AxisType.Explicit'],
  partition_spec: ['x', null, ['x', 'y']],
  device_mesh: { mesh: [[{ id: 0 }], [{ id: 7 }]] },
};
const SINGLE = { sharding_type: 'SingleDeviceSharding', device_str: 'cpu:0' };

function parsed(value: unknown): JsonValue {
  return readDocument(new JsonReader(JSON.stringify(value), '_sharding', PYTHON_JSON));
}

describe('a serialized sharding', () => {
  it('is kept as it is in the form that Orbax writes', () => {
    assert.deepEqual(readSharding(parsed(NAMED)), NAMED);
    assert.deepEqual(readSharding(parsed(SINGLE)), SINGLE);
  });

  it('loses what Orbax does not keep', () => {
    const { axis_types, device_mesh, ...bare } = NAMED;
    assert.deepEqual(readSharding(parsed({ ...NAMED, axis_types: [], device_mesh: {}, x: 1 })), bare);
    assert.deepEqual(readSharding(parsed({ ...bare, axis_types: null, device_mesh: null })), bare);
    const named = { mesh: [{ id: 1, name: 'tpu' }] };
    assert.deepEqual(readSharding(parsed({ ...bare, axis_types, device_mesh: named })), {
      ...bare,
      axis_types,
      device_mesh: { mesh: [{ id: 1 }] },
    });
    assert.ok(device_mesh);
  });

  it('is refused in any other form', () => {
    for (const change of [
      { sharding_type: 'PositionalSharding' },
      { sharding_type: null },
      { shape: [2.5] },
      { shape: '2' },
      { axis_names: 'xy' },
      { axis_names: [1] },
      { axis_types: ['Auto'] },
      { partition_spec: 'x' },
      { partition_spec: [1] },
      { partition_spec: [[null]] },
      { device_mesh: [] },
      { device_mesh: { mesh: [1] } },
      { device_mesh: { mesh: [{ id: 'a' }] } },
      { device_mesh: { mish: [] } },
    ]) {
      assert.equal(typeof readSharding(parsed({ ...NAMED, ...change })), 'string', JSON.stringify(change));
    }
    assert.equal(typeof readSharding(parsed({ sharding_type: 'SingleDeviceSharding' })), 'string');
    assert.equal(typeof readSharding(parsed([NAMED])), 'string');
  });
});

describe('_sharding', () => {
  function read(text: string, ...names: string[]) {
    return readShardings(new MemoryFiles([['_sharding', utf8(text)]]), names);
  }

  function key(name: string): string {
    return Buffer.from(name).toString('base64').replaceAll('+', '-').replaceAll('/', '_');
  }

  it('is looked up by the URL-safe base64 of the name', () => {
    const names = ['a', 'params.w', 'ключ', '???>>>', ''];
    const text = JSON.stringify(Object.fromEntries(names.map((name) => [key(name), JSON.stringify(SINGLE)])));
    const shardings = read(text, ...names);
    assert.deepEqual(
      [...(shardings ?? [])],
      names.map((name) => [name, SINGLE]),
    );
  });

  it('knows no sharding where the value is empty, as Python understands it', () => {
    for (const value of ['""', 'null', '0', '0.0', 'false', '[]', '{}']) {
      assert.equal(read(`{"${key('a')}": ${value}}`, 'a')?.get('a'), null);
    }
  });

  it('does not look at what is not asked for', () => {
    assert.deepEqual(read(`{"x": "garbage", "${key('a')}": ""}`, 'a')?.get('a'), null);
  });

  it('is refused when a parameter is missing, twice there or no sharding', () => {
    const value = JSON.stringify(JSON.stringify(SINGLE));
    for (const text of [
      '{}',
      '[]',
      '',
      `{"${key('a')}": ${value}, "${key('a')}": ${value}}`,
      `{"${key('a')}": 1}`,
      `{"${key('a')}": {"x": 1}}`,
      `{"${key('a')}": "{"}`,
      `{"${key('a')}": "NaN"}`,
    ]) {
      assert.throws(() => read(text, 'a'), RestoreError, text);
    }
  });

  it('is absent from older checkpoints', () => {
    assert.equal(readShardings(new MemoryFiles([]), ['a']), null);
  });
});
