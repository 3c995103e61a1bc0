import type { ByteReader } from './byte-reader.js';

/** A data file that a block refers to. */
export interface DataFile {
  /** Path relative to the database. */
  readonly path: string;
  /** The part of the path that the paths in the file's own nodes are relative to. */
  readonly basePath: string;
}

const MAX_PATH_BYTES = 65535;

/** Reads the prefix-compressed table of data files that every block starts with. */
export function readDataFileTable(reader: ByteReader, transitivePath: string): DataFile[] {
  const count = reader.count(2);
  const prefixLengths = readVarints(reader, Math.max(0, count - 1));
  const suffixLengths = readVarints(reader, count);
  const baseLengths = readVarints(reader, count);
  const files: DataFile[] = [];
  let previous = new Uint8Array(0);
  for (let i = 0; i < count; i++) {
    const prefix = i === 0 ? 0 : (prefixLengths[i - 1] ?? 0);
    const suffix = suffixLengths[i] ?? 0;
    const base = baseLengths[i] ?? 0;
    if (prefix > previous.length) throw reader.fail('a path shares more than the path before it has');
    if (prefix + suffix > MAX_PATH_BYTES) throw reader.fail('a path is too long');
    if (base > prefix + suffix) throw reader.fail('a base path is longer than its path');
    const path = new Uint8Array(prefix + suffix);
    path.set(previous.subarray(0, prefix));
    path.set(reader.take(suffix), prefix);
    previous = path;
    files.push(dataFile(reader, transitivePath, path, base));
  }
  return files;
}

function dataFile(reader: ByteReader, transitive: string, path: Uint8Array, base: number): DataFile {
  return {
    path: transitive + decode(reader, path),
    basePath: transitive + decode(reader, path.subarray(0, base)),
  };
}

function decode(reader: ByteReader, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw reader.fail('a path is not UTF-8');
  }
}

function readVarints(reader: ByteReader, count: number): number[] {
  const values: number[] = [];
  for (let i = 0; i < count; i++) values.push(reader.varint());
  return values;
}
