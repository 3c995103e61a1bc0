import type { CheckpointFiles } from './checkpoint-files.js';
import { PYTHON_JSON, TENSORSTORE_JSON } from './json-dialect.js';
import { readDocument, readValue, skipValue } from './json-generic.js';
import { JsonReader } from './json-reader.js';
import type { JsonValue } from './json-value.js';
import { JsonFloat } from './json-value.js';
import { MAX_JSON_BYTES } from './limits.js';
import { unreadable } from './restore-error.js';
import { readSharding, type Sharding } from './sharding.js';
import { fileChunks } from './text-chunks.js';

export const SHARDING_FILE = '_sharding';

/**
 * `_sharding` maps the URL-safe base64 of each parameter's name to its sharding, serialized once more as a string.
 *
 * @returns shardings by parameter name, null where none was known at saving; or null without that file, as in older
 *   checkpoints. Orbax refuses a file that exists but lacks a parameter it looks up.
 */
export function readShardings(
  files: CheckpointFiles,
  names: readonly string[],
): ReadonlyMap<string, Sharding | null> | null {
  const text = fileChunks(files, SHARDING_FILE, MAX_JSON_BYTES);
  if (text === null) return null;
  const wanted = new Set(names);
  const found = new Map<string, Sharding | null>();
  const parsed = new Map<string, Sharding>();
  const reader = new JsonReader(text, SHARDING_FILE, TENSORSTORE_JSON);
  reader.object((key) => {
    const name = decodeName(key);
    if (name === null || !wanted.has(name)) skipValue(reader);
    else if (found.has(name)) throw reader.fail(`the key ${JSON.stringify(key)} stands twice`);
    else found.set(name, shardingOf(reader, parsed));
  });
  reader.end();
  for (const name of names) {
    if (!found.has(name))
      throw unreadable(SHARDING_FILE, `no entry for the parameter ${JSON.stringify(name)}`);
  }
  return found;
}

/** How many parameters the file tells of; 0 without that file. */
export function countShardings(files: CheckpointFiles): number {
  const text = fileChunks(files, SHARDING_FILE, MAX_JSON_BYTES);
  if (text === null) return 0;
  const reader = new JsonReader(text, SHARDING_FILE, TENSORSTORE_JSON);
  let count = 0;
  reader.object(() => {
    count += 1;
    skipValue(reader);
  });
  reader.end();
  return count;
}

/** Thousands of parameters share a handful of shardings: each distinct text is parsed, and kept, once. */
function shardingOf(reader: JsonReader, parsed: Map<string, Sharding>): Sharding | null {
  const value = reader.peek() === '"' ? reader.repeatedString() : readValue(reader);
  if (isFalsy(value)) return null;
  if (typeof value !== 'string') throw reader.fail('a sharding is stored as a string');
  const before = parsed.get(value);
  if (before !== undefined) return before;
  const inner = new JsonReader(value, SHARDING_FILE, PYTHON_JSON);
  const document = readDocument(inner);
  const sharding = readSharding(document);
  if (typeof sharding === 'string') throw reader.fail(sharding);
  parsed.set(value, sharding);
  return sharding;
}

/** What Python takes for false: Orbax then knows no sharding. */
function isFalsy(value: JsonValue): boolean {
  if (Array.isArray(value)) return value.length === 0;
  if (value instanceof Map) return value.size === 0;
  return !(value instanceof JsonFloat ? value.value : value);
}

const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const ASCII = /^[\x20-\x7e]*$/;

/** The name that a key stands for; null for a key that Orbax would not have made of any name. */
function decodeName(key: string): string | null {
  try {
    const binary = atob(key.replaceAll('-', '+').replaceAll('_', '/'));
    const name = ASCII.test(binary) ? binary : DECODER.decode(bytesOf(binary));
    // One name has one key: TensorStore compares the keys, not what they stand for.
    return urlSafe(btoa(binary)) === key ? name : null;
  } catch {
    return null;
  }
}

function bytesOf(binary: string): Uint8Array {
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

function urlSafe(base64: string): string {
  return base64.replaceAll('+', '-').replaceAll('/', '_');
}
