import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { chunkKeys, isChunkKey } from '../../../src/engine/restore/chunk-grid.js';
import { RestoreError } from '../../../src/engine/restore/restore-error.js';
import { parseZarr } from '../../../src/engine/restore/zarr-metadata.js';

const ZARR2 = {
  chunks: [3],
  compressor: { id: 'zstd', level: 1 },
  dimension_separator: '.',
  dtype: '<f4',
  fill_value: null,
  filters: null,
  order: 'C',
  shape: [7],
  zarr_format: 2,
};
const BYTES = { configuration: { endian: 'little' }, name: 'bytes' };
const ZSTD = { configuration: { checksum: false, level: 3 }, name: 'zstd' };

function sharding(configuration: object): object {
  return {
    name: 'sharding_indexed',
    configuration: {
      chunk_shape: [2, 2],
      codecs: [BYTES, ZSTD],
      index_codecs: [BYTES, { name: 'crc32c' }],
      ...configuration,
    },
  };
}

const ZARR3 = {
  chunk_grid: { configuration: { chunk_shape: [4, 4] }, name: 'regular' },
  chunk_key_encoding: { name: 'default' },
  codecs: [sharding({})],
  data_type: 'float32',
  fill_value: 0,
  node_type: 'array',
  shape: [8, 8],
  zarr_format: 3,
};

function parse(document: object, zarr3: boolean) {
  return parseZarr(JSON.stringify(document), zarr3, 'metadata');
}

/** Each case says what TensorStore does with it: the outcomes were read off the real driver. */
function outcomes(base: object, zarr3: boolean, cases: [string, object, string | null][]): void {
  for (const [what, change, outcome] of cases) {
    it(`${outcome === null ? 'refuses' : 'takes'} ${what}`, () => {
      const document = { ...base, ...change };
      if (outcome === null) assert.throws(() => parse(document, zarr3), RestoreError);
      else assert.equal(parse(document, zarr3).dataType.name, outcome);
    });
  }
}

describe('.zarray', () => {
  it('gives shape, chunks and type', () => {
    const array = parse(ZARR2, false);
    assert.deepEqual([array.shape, array.chunkShape, array.separator], [[7], [3], '.']);
    assert.equal(array.storedChunkBytes, null);
    assert.equal(parse({ ...ZARR2, compressor: null }, false).storedChunkBytes, 12);
  });

  outcomes(ZARR2, false, [
    ['big-endian numbers', { dtype: '>i2' }, 'int16'],
    ['single bytes of either order', { dtype: '<b1' }, 'bool'],
    ['complex numbers', { dtype: '<c16' }, 'complex128'],
    ['a type of ml_dtypes', { dtype: 'float8_e5m2fnuz' }, 'float8_e5m2fnuz'],
    ['an order-less float', { dtype: '|f4' }, null],
    ['a type it cannot store', { dtype: 'uint4' }, null],
    ["NumPy's name of a type", { dtype: 'float32' }, null],
    ['strings', { dtype: '|S3' }, null],
    ['a method as a type', { dtype: '<toString' }, null],
    ['structures', { dtype: [['x', '<f4']] }, null],
    ['empty chunks', { chunks: [0] }, null],
    ['chunks of another rank', { chunks: [3, 3] }, null],
    ['chunks beyond measure', { chunks: [2 ** 52] }, null],
    ['a negative length', { shape: [-1] }, null],
    ['a length in quotes', { shape: ['7'] }, null],
    ['33 dimensions', { shape: new Array(33).fill(1), chunks: new Array(33).fill(1) }, null],
    ['an array without elements', { shape: [0] }, 'float32'],
    ['no separator', { dimension_separator: undefined }, 'float32'],
    ['another separator', { dimension_separator: 'x' }, null],
    ['a separator of null', { dimension_separator: null }, null],
    ['no fill_value', { fill_value: undefined }, null],
    ['a fill_value of another kind', { fill_value: true }, null],
    ['NaN as fill_value', { fill_value: 'NaN' }, 'float32'],
    ['no compressor mentioned', { compressor: undefined }, null],
    ['an unknown compressor', { compressor: { id: 'foo' } }, null],
    ['a level out of range', { compressor: { id: 'zstd', level: 23 } }, null],
    ['an unknown setting', { compressor: { id: 'zstd', x: 1 } }, null],
    ['gzip', { compressor: { id: 'gzip', level: 5 } }, 'float32'],
    ['empty filters', { filters: [] }, 'float32'],
    ['filters', { filters: [{}] }, null],
    ['another order', { order: 'X' }, null],
    ['another format', { zarr_format: 3 }, null],
    ['an unknown member', { extra: 1 }, 'float32'],
  ]);

  it('refuses a repeated member, though TensorStore takes the last', () => {
    const text = JSON.stringify(ZARR2).replace('{', '{"shape":[1],');
    assert.throws(() => parseZarr(text, false, 'metadata'), RestoreError);
  });
});

describe('zarr.json', () => {
  it('knows the shard index', () => {
    const array = parse(ZARR3, true);
    assert.deepEqual([array.shape, array.chunkShape, array.separator], [[8, 8], [4, 4], '/']);
    assert.equal(array.shardIndexBytes, 4 * 16 + 4);
  });

  outcomes(ZARR3, true, [
    ['chunks without shards', { codecs: [BYTES] }, 'float32'],
    ['int4', { data_type: 'int4', fill_value: 7 }, 'int4'],
    ['a fill_value out of range', { data_type: 'int4', fill_value: 8 }, null],
    ['a complex fill_value', { data_type: 'complex64', fill_value: [0, 0] }, 'complex64'],
    ['half a complex fill_value', { data_type: 'complex64', fill_value: 0 }, null],
    ['a number for a bool', { data_type: 'bool', fill_value: 0 }, null],
    ['no fill_value', { fill_value: null }, null],
    ['a type it cannot store', { data_type: 'float8_e4m3' }, null],
    ['a group', { node_type: 'group' }, null],
    ['an unknown member', { extra: 1 }, null],
    ['attributes', { attributes: { a: 1 } }, 'float32'],
    ['attributes of null', { attributes: null }, null],
    ['another grid', { chunk_grid: { ...ZARR3.chunk_grid, name: 'x' } }, null],
    ['another rank', { shape: [8] }, null],
    [
      'another separator',
      { chunk_key_encoding: { name: 'default', configuration: { separator: '.' } } },
      'float32',
    ],
    ['another key encoding', { chunk_key_encoding: { name: 'x' } }, null],
    ['sub-chunks that do not divide', { codecs: [sharding({ chunk_shape: [3, 4] })] }, null],
    ['sub-chunks of another rank', { codecs: [sharding({ chunk_shape: [4] })] }, null],
    ['an index without checksum', { codecs: [sharding({ index_codecs: [BYTES] })] }, 'float32'],
    ['a compressed index', { codecs: [sharding({ index_codecs: [BYTES, ZSTD] })] }, null],
    ['an index in front', { codecs: [sharding({ index_location: 'start' })] }, 'float32'],
    ['an index elsewhere', { codecs: [sharding({ index_location: 'x' })] }, null],
    ['an unknown codec', { codecs: [sharding({ codecs: [BYTES, { name: 'gzip' }] })] }, null],
    ['no byte order', { codecs: [sharding({ codecs: [{ name: 'bytes' }] })] }, null],
    [
      'no byte order of bytes',
      { codecs: [sharding({ codecs: [{ name: 'bytes' }] })], data_type: 'uint8' },
      'uint8',
    ],
    ['a zstd level out of range', { codecs: [BYTES, { name: 'zstd', configuration: { level: 30 } }] }, null],
    ['no codecs', { codecs: [] }, null],
  ]);
});

describe('the keys of chunks', () => {
  it('are all within the grid, and no others are', () => {
    for (const [document, zarr3] of [
      [{ ...ZARR2, shape: [7], chunks: [3] }, false],
      [{ ...ZARR2, shape: [], chunks: [] }, false],
      [ZARR3, true],
      [
        {
          ...ZARR3,
          shape: [],
          chunk_grid: { name: 'regular', configuration: { chunk_shape: [] } },
          codecs: [BYTES],
        },
        true,
      ],
    ] as const) {
      const array = parse(document, zarr3);
      const keys = [...chunkKeys(array, zarr3)];
      for (const key of keys) assert.ok(isChunkKey(key, array, zarr3), key);
      for (const key of ['', 'x', '3', '01', 'c/0', 'c/2/0', '0.0.0', '.zarray']) {
        if (!keys.includes(key)) assert.ok(!isChunkKey(key, array, zarr3), key);
      }
    }
    assert.deepEqual([...chunkKeys(parse(ZARR3, true), true)], ['c/0/0', 'c/0/1', 'c/1/0', 'c/1/1']);
  });

  it('are none of an array without elements', () => {
    assert.deepEqual([...chunkKeys(parse({ ...ZARR2, shape: [0] }, false), false)], []);
  });
});
