import type { JsonDialect } from './json-dialect.js';
import { readValue } from './json-generic.js';
import { passThrough } from './json-passthrough.js';
import { JsonReader } from './json-reader.js';
import { JsonText, type JsonValue } from './json-value.js';
import { RestoreError } from './restore-error.js';
import { byteChunks } from './text-chunks.js';

/** What a client sends follows the standard, as JavaScript reads it. */
const WEB_JSON: JsonDialect = { nonFinite: false, loneSurrogates: true };

/** The body of `POST /restore-args`, read but not yet understood. */
export interface TargetBody {
  readonly value: JsonValue;
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
  try {
    const reader = new JsonReader(byteChunks(bytes, 'the body'), 'the body', WEB_JSON);
    const readTarget = () =>
      readMembers(reader, (key) => {
        if (key !== 'custom_metadata') return readValue(reader);
        customMetadata = passThrough(reader);
        return null;
      });
    const value = readMembers(reader, (key) => (key === 'target' ? readTarget() : readValue(reader)));
    reader.end();
    return { value, customMetadata };
  } catch (error) {
    if (!(error instanceof RestoreError)) throw error;
    throw new RestoreError('invalid_request', `the body cannot be read as JSON: ${error.detail}`, {
      offset: error.offset,
    });
  }
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
