import { TENSORSTORE_JSON } from './json-dialect.js';
import { readDocument } from './json-generic.js';
import { JsonReader } from './json-reader.js';
import { isObject, type JsonObject } from './json-value.js';
import { unreadable } from './restore-error.js';
import type { ParsedZarr, ZarrArray } from './zarr-array.js';
import { parseZarr2 } from './zarr2-metadata.js';
import { parseZarr3 } from './zarr3-metadata.js';

export function zarrFileName(zarr3: boolean): string {
  return zarr3 ? 'zarr.json' : '.zarray';
}

/** Parses `.zarray` or `zarr.json`; never more lenient than TensorStore. */
export function parseZarr(text: string, zarr3: boolean, file: string): ZarrArray {
  const reader = new JsonReader(text, file, TENSORSTORE_JSON);
  const document = readDocument(reader);
  if (!isObject(document)) throw unreadable(file, 'not a JSON object');
  const parse: (document: JsonObject) => ParsedZarr = zarr3 ? parseZarr3 : parseZarr2;
  const array = parse(document);
  if (typeof array === 'string') throw unreadable(file, array);
  return array;
}
