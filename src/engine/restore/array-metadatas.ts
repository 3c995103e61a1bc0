import type { CheckpointFiles } from './checkpoint-files.js';
import { PYTHON_JSON } from './json-dialect.js';
import { readDocument } from './json-generic.js';
import { JsonReader } from './json-reader.js';
import { asCounts, isArray, isObject, type JsonObject, type JsonValue } from './json-value.js';
import { MAX_JSON_BYTES } from './limits.js';
import { missing, unreadable } from './restore-error.js';
import { fileChunks } from './text-chunks.js';

const ARRAY_METADATAS_DIRECTORY = 'array_metadatas';
const PROCESS_FILE = /^process_[0-9]+$/;

/** What a process noted of a `jax.Array` as it wrote its shards. No answer depends on it; a verification compares it. */
export interface ArrayMetadata {
  readonly parameter: string;
  readonly writeShape: readonly number[];
  readonly chunkShape: readonly number[];
  /** Name of the generator, when the array is the data of random keys. */
  readonly randomKeyImpl: string | null;
}

/** The files of all processes; none in older checkpoints, and where no leaf is a `jax.Array`. */
export function arrayMetadataFiles(files: CheckpointFiles): string[] {
  return (files.list(ARRAY_METADATAS_DIRECTORY) ?? [])
    .filter((entry) => PROCESS_FILE.test(entry.name))
    .map((entry) => `${ARRAY_METADATAS_DIRECTORY}/${entry.name}`)
    .sort();
}

/** Reads the file of one process. */
export function readArrayMetadatas(files: CheckpointFiles, file: string): ArrayMetadata[] {
  const text = fileChunks(files, file, MAX_JSON_BYTES);
  if (text === null) throw missing(file);
  const reader = new JsonReader(text, file, PYTHON_JSON);
  const document = readDocument(reader);
  const entries = isObject(document) ? document.get('array_metadatas') : null;
  if (!isArray(entries)) throw unreadable(file, 'no list of array_metadatas');
  return entries.map((entry) => {
    const metadata = isObject(entry) ? entry.get('array_metadata') : null;
    const read = isObject(metadata) ? readOne(metadata) : null;
    if (read === null) throw unreadable(file, 'an entry is not of the known form');
    return read;
  });
}

function readOne(metadata: JsonObject): ArrayMetadata | null {
  const parameter = metadata.get('param_name');
  const writeShape = asCounts(metadata.get('write_shape'));
  const chunkShape = asCounts(metadata.get('chunk_shape'));
  if (typeof parameter !== 'string' || writeShape === null || chunkShape === null) return null;
  return { parameter, writeShape, chunkShape, randomKeyImpl: randomKeyImplOf(metadata.get('ext_metadata')) };
}

function randomKeyImplOf(extra: JsonValue | undefined): string | null {
  const impl = isObject(extra) ? extra.get('random_key_impl') : null;
  return typeof impl === 'string' ? impl : null;
}
