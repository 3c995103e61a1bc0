import { bytesPerElement, DATA_TYPES, type DataType } from './data-type.js';
import { acceptsFillValue } from './fill-value.js';
import { asCounts, isObject, type JsonObject, type JsonValue } from './json-value.js';
import { MAX_RANK } from './limits.js';
import type { ParsedZarr } from './zarr-array.js';
import { readCodecs } from './zarr3-codecs.js';

const UNSUPPORTED: ReadonlySet<string> = new Set([
  'uint2',
  'uint4',
  'float6_e2m3fn',
  'float6_e3m2fn',
  'float8_e4m3',
]);
const MEMBERS: ReadonlySet<string> = new Set([
  'zarr_format',
  'node_type',
  'shape',
  'data_type',
  'chunk_grid',
  'chunk_key_encoding',
  'fill_value',
  'codecs',
  'attributes',
]);

/** `zarr.json`, in the forms that Orbax has TensorStore's `zarr3` driver write. */
export function parseZarr3(document: JsonObject): ParsedZarr {
  for (const key of document.keys()) if (!MEMBERS.has(key)) return `unknown member ${JSON.stringify(key)}`;
  if (document.get('zarr_format') !== 3) return 'zarr_format is not 3';
  if (document.get('node_type') !== 'array') return 'node_type is not array';
  if (document.has('attributes') && !isObject(document.get('attributes'))) return 'attributes is no object';
  const shape = asCounts(document.get('shape'));
  if (shape === null || shape.length > MAX_RANK) return 'shape is no list of lengths';
  const dataType = dataTypeOf(document.get('data_type'));
  if (dataType === null) return 'unknown data_type';
  const fill = document.get('fill_value');
  if (fill === undefined || !acceptsFillValue(dataType, fill)) return 'fill_value does not fit';
  const chunkShape = chunkShapeOf(document.get('chunk_grid'));
  if (chunkShape === null || chunkShape.length !== shape.length) return 'chunk_grid does not fit the shape';
  const separator = separatorOf(document.get('chunk_key_encoding'));
  if (separator === null) return 'unknown chunk_key_encoding';
  const codecs = readCodecs(document.get('codecs'), chunkShape, bytesPerElement(dataType));
  if (typeof codecs === 'string') return codecs;
  return { dataType, shape, chunkShape, separator, ...codecs };
}

function dataTypeOf(name: JsonValue | undefined): DataType | null {
  if (typeof name !== 'string' || UNSUPPORTED.has(name)) return null;
  return DATA_TYPES.get(name) ?? null;
}

function chunkShapeOf(grid: JsonValue | undefined): number[] | null {
  if (!isObject(grid) || grid.size !== 2 || grid.get('name') !== 'regular') return null;
  const configuration = grid.get('configuration');
  if (!isObject(configuration) || configuration.size !== 1) return null;
  const shape = asCounts(configuration.get('chunk_shape'));
  return shape === null || shape.includes(0) ? null : shape;
}

function separatorOf(encoding: JsonValue | undefined): '.' | '/' | null {
  if (!isObject(encoding) || encoding.get('name') !== 'default') return null;
  if (encoding.size === 1) return '/';
  const configuration = encoding.get('configuration');
  if (encoding.size !== 2 || !isObject(configuration)) return null;
  if (configuration.size === 0) return '/';
  const separator = configuration.get('separator');
  if (configuration.size !== 1) return null;
  return separator === '.' || separator === '/' ? separator : null;
}
