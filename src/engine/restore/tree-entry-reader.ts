import { skipValue } from './json-generic.js';
import type { JsonReader } from './json-reader.js';
import { MAX_DEPTH, MAX_RANK } from './limits.js';
import type { PathElement } from './order.js';
import type { ShapePool } from './shape-pool.js';
import type { TreeEntry } from './tree-entry.js';

/** Orbax's KeyType: an index into a list or tuple, and a key of a dict or field of a NamedTuple. */
const SEQUENCE = 1;
const DICT = 2;

type ValueMetadata = Omit<TreeEntry, 'path'>;

/** Reads one value of `tree_metadata`; equal shapes are shared. */
export function readTreeEntry(reader: JsonReader, shapes: ShapePool): TreeEntry {
  let path: PathElement[] | null = null;
  let value: ValueMetadata | null = null;
  reader.object((key) => {
    if (key === 'key_metadata') path = once(reader, path, readPath);
    else if (key === 'value_metadata') value = once(reader, value, (r) => readValueMetadata(r, shapes));
    else skipValue(reader);
  });
  const { valueType, skipDeserialize, writeShape } = required<ValueMetadata>(reader, value, 'value_metadata');
  return {
    path: required<PathElement[]>(reader, path, 'key_metadata'),
    valueType,
    skipDeserialize,
    writeShape,
  };
}

function readPath(reader: JsonReader): PathElement[] {
  const path: PathElement[] = [];
  reader.array(() => {
    if (path.length >= MAX_DEPTH) throw reader.fail(`a path of more than ${MAX_DEPTH} keys`);
    path.push(readPathElement(reader));
  });
  // A slice has no room for growth.
  return path.slice();
}

function readPathElement(reader: JsonReader): PathElement {
  let name: string | null = null;
  let type: number | null = null;
  reader.object((key) => {
    if (key === 'key') name = once(reader, name, (r) => r.name());
    else if (key === 'key_type') type = once(reader, type, (r) => r.wholeNumber());
    else skipValue(reader);
  });
  const found = required<string>(reader, name, 'key');
  switch (required<number>(reader, type, 'key_type')) {
    case DICT:
      return found;
    case SEQUENCE: {
      const index = Number(found);
      if (!/^(0|[1-9][0-9]*)$/.test(found) || !Number.isSafeInteger(index))
        throw reader.fail(`"${found}" is no index`);
      return index;
    }
    default:
      throw reader.fail('unknown key_type');
  }
}

function readValueMetadata(reader: JsonReader, shapes: ShapePool): ValueMetadata {
  let valueType: string | null = null;
  let skipDeserialize: boolean | null = null;
  let writeShape: readonly number[] | null = null;
  reader.object((key) => {
    if (key === 'value_type') valueType = once(reader, valueType, (r) => r.name());
    else if (key === 'skip_deserialize') skipDeserialize = once(reader, skipDeserialize, (r) => r.boolean());
    else if (key === 'write_shape')
      writeShape = once<readonly number[]>(reader, writeShape, (r) => shapes.share(readShape(r)));
    else skipValue(reader);
  });
  return {
    valueType: required<string>(reader, valueType, 'value_type'),
    skipDeserialize: required<boolean>(reader, skipDeserialize, 'skip_deserialize'),
    writeShape,
  };
}

function readShape(reader: JsonReader): number[] {
  const shape: number[] = [];
  reader.array(() => {
    if (shape.length >= MAX_RANK) throw reader.fail(`more than ${MAX_RANK} dimensions`);
    shape.push(reader.wholeNumber());
  });
  return shape;
}

function once<T>(reader: JsonReader, before: T | null, read: (reader: JsonReader) => T): T {
  if (before !== null) throw reader.fail('a key stands twice');
  return read(reader);
}

function required<T>(reader: JsonReader, value: T | null, key: string): T {
  if (value === null) throw reader.fail(`no ${key}`);
  return value;
}
