import type { JsonDialect } from './json-dialect.js';
import { readValue } from './json-generic.js';
import { passThrough } from './json-passthrough.js';
import { JsonReader } from './json-reader.js';
import { JsonText, type JsonValue } from './json-value.js';
import { RestoreError } from './restore-error.js';
import { readTargetLeaf, type TargetLeaf } from './target-leaf.js';
import { byteChunks } from './text-chunks.js';

/** What a client sends follows the standard, as JavaScript reads it. */
const WEB_JSON: JsonDialect = { nonFinite: false, loneSurrogates: true };

/** Distinct shardings that are recognised. */
const MAX_POOL = 1_000;

/** The body of `POST /restore-args`, read but not yet understood. */
export interface TargetBody {
  /** Without the leaves, whose list is empty here. */
  readonly value: JsonValue;
  readonly leaves: readonly TargetLeaf[];
  /** The text of `target.custom_metadata`, which is handed back as it came. */
  readonly customMetadata: JsonText;
}

/**
 * Reads a body value by value: `JSON.parse` takes gigabytes for sixty megabytes of empty objects, and does not notice when a thread's
 * memory is at its limit.
 *
 * @throws RestoreError `invalid_request`.
 */
export function readTargetBody(bytes: Uint8Array): TargetBody {
  let customMetadata = JsonText.null;
  const leaves: TargetLeaf[] = [];
  const pool = new Map<string, JsonValue>();
  try {
    const reader = new JsonReader(byteChunks(bytes, 'the body'), 'the body', WEB_JSON);
    const readTarget = () =>
      readMembers(reader, (key) => {
        if (key === 'custom_metadata') {
          customMetadata = passThrough(reader);
          return null;
        }
        if (key !== 'leaves' || reader.peek() !== '[') return readValue(reader);
        // A hundred thousand of them are kept in their final form only.
        reader.array((i) => {
          leaves.push(readTargetLeaf(readShared(reader, pool), `target.leaves[${i}]`));
        });
        return [];
      });
    const value = readMembers(reader, (key) => {
      if (key === 'target') return readTarget();
      if (key !== 'sharding_tree' || reader.peek() !== '[') return readValue(reader);
      const entries: JsonValue[] = [];
      reader.array(() => {
        entries.push(readShared(reader, pool));
      });
      return entries;
    });
    reader.end();
    return { value, leaves, customMetadata };
  } catch (error) {
    if (!(error instanceof RestoreError) || error.code !== 'metadata_unreadable') throw error;
    throw new RestoreError('invalid_request', `the body cannot be read as JSON: ${error.detail}`, {
      offset: error.offset,
    });
  }
}

/** Thousands of leaves share a few shardings: equal ones are the same object. */
function readShared(reader: JsonReader, pool: Map<string, JsonValue>): JsonValue {
  return readMembers(reader, (key) => {
    const value = readValue(reader);
    if (key !== 'sharding') return value;
    const text = JSON.stringify(value, (_key, part: unknown) => (part instanceof Map ? [...part] : part));
    const known = pool.get(text) ?? value;
    if (pool.size < MAX_POOL) pool.set(text, known);
    return known;
  });
}

/** An object with some members read in a way of their own; any other value as it is. */
function readMembers(reader: JsonReader, read: (key: string) => JsonValue): JsonValue {
  if (reader.peek() !== '{') return readValue(reader);
  const members = new Map<string, JsonValue>();
  reader.object((key) => {
    if (members.has(key)) throw reader.fail(`the key ${JSON.stringify(key)} stands twice`);
    members.set(key, read(key));
  });
  return members;
}
