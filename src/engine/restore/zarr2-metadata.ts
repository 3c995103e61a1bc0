import { DATA_TYPES, type DataType } from './data-type.js';
import { acceptsFillValue } from './fill-value.js';
import { asCounts, isArray, isObject, type JsonObject, type JsonValue } from './json-value.js';
import { MAX_RANK } from './limits.js';
import { chunkBytes, type ParsedZarr } from './zarr-array.js';

/** NumPy's type strings without the byte order. */
const TYPE_CODES: ReadonlyMap<string, string> = new Map([
  ['b1', 'bool'],
  ['i1', 'int8'],
  ['i2', 'int16'],
  ['i4', 'int32'],
  ['i8', 'int64'],
  ['u1', 'uint8'],
  ['u2', 'uint16'],
  ['u4', 'uint32'],
  ['u8', 'uint64'],
  ['f2', 'float16'],
  ['f4', 'float32'],
  ['f8', 'float64'],
  ['c8', 'complex64'],
  ['c16', 'complex128'],
]);

/** TensorStore stores types unknown to NumPy under their own names; these are the ones it knows. */
const EXTENSION_TYPES: ReadonlySet<string> = new Set([
  'bfloat16',
  'int2',
  'int4',
  'float4_e2m1fn',
  'float8_e3m4',
  'float8_e4m3b11fnuz',
  'float8_e4m3fn',
  'float8_e4m3fnuz',
  'float8_e5m2',
  'float8_e5m2fnuz',
  'float8_e8m0fnu',
]);

/** `.zarray`, by the rules of TensorStore's `zarr` driver. */
export function parseZarr2(document: JsonObject): ParsedZarr {
  if (document.get('zarr_format') !== 2) return 'zarr_format is not 2';
  const shape = asCounts(document.get('shape'));
  if (shape === null || shape.length > MAX_RANK) return 'shape is no list of lengths';
  const chunkShape = asCounts(document.get('chunks'));
  if (chunkShape === null || chunkShape.length !== shape.length || chunkShape.includes(0)) {
    return 'chunks does not fit the shape';
  }
  const dataType = dataTypeOf(document.get('dtype'));
  if (dataType === null) return 'unknown dtype';
  if (chunkBytes(dataType, chunkShape) > Number.MAX_SAFE_INTEGER) return 'chunks are too large';
  const fill = document.get('fill_value');
  if (fill === undefined || (fill !== null && !acceptsFillValue(dataType, fill)))
    return 'fill_value does not fit';
  const order = document.get('order');
  if (order !== 'C' && order !== 'F') return 'order is neither C nor F';
  const separator = document.get('dimension_separator') ?? (document.has('dimension_separator') ? null : '.');
  if (separator !== '.' && separator !== '/') return 'unknown dimension_separator';
  const filters = document.get('filters');
  if (filters !== null && !(isArray(filters) && filters.length === 0)) return 'filters are not supported';
  const compressor = document.get('compressor');
  if (!isCompressor(compressor)) return 'unknown compressor';
  const compression = compressor === null ? 'none' : isZstd(compressor) ? 'zstd' : 'other';
  const storedChunkBytes = compressor === null ? chunkBytes(dataType, chunkShape) : null;
  return { dataType, shape, chunkShape, separator, compression, storedChunkBytes, shardIndexBytes: 0 };
}

function dataTypeOf(dtype: JsonValue | undefined): DataType | null {
  if (typeof dtype !== 'string') return null;
  if (EXTENSION_TYPES.has(dtype)) return DATA_TYPES.get(dtype) ?? null;
  const dataType = DATA_TYPES.get(TYPE_CODES.get(dtype.slice(1)) ?? '');
  // "|" says that there is no byte order, so it belongs to single bytes alone.
  const orders = dataType?.bits === 8 ? '|<>' : '<>';
  return dataType !== undefined && orders.includes(dtype.charAt(0)) ? dataType : null;
}

function isCompressor(value: JsonValue | undefined): boolean {
  if (value === null) return true;
  if (!isObject(value)) return false;
  switch (value.get('id')) {
    case 'zstd':
      return hasOnly(value, { level: [-131072, 22] });
    case 'gzip':
    case 'zlib':
      return hasOnly(value, { level: [0, 9] });
    case 'bz2':
      return hasOnly(value, { level: [1, 9] });
    default:
      return false;
  }
}

function isZstd(compressor: JsonValue | undefined): boolean {
  return isObject(compressor) && compressor.get('id') === 'zstd';
}

function hasOnly(value: JsonObject, ranges: Readonly<Record<string, readonly [number, number]>>): boolean {
  for (const [key, setting] of value) {
    if (key === 'id') continue;
    const range = Object.hasOwn(ranges, key) ? ranges[key] : undefined;
    if (range === undefined || !Number.isSafeInteger(setting)) return false;
    if (Number(setting) < range[0] || Number(setting) > range[1]) return false;
  }
  return true;
}
