import type { JsonReader } from './json-reader.js';
import { JsonFloat, type JsonValue } from './json-value.js';

const INTEGER = /^-?[0-9]+$/;

/** Reads the next value, whatever it is. A repeated key is refused: what is read by this has fixed keys. */
export function readValue(reader: JsonReader): JsonValue {
  switch (reader.peek()) {
    case '{': {
      const entries = new Map<string, JsonValue>();
      reader.object((key) => {
        if (entries.has(key)) throw reader.fail(`the key ${JSON.stringify(key)} stands twice`);
        entries.set(key, readValue(reader));
      });
      return entries;
    }
    case '[': {
      const elements: JsonValue[] = [];
      reader.array(() => {
        elements.push(readValue(reader));
      });
      return elements;
    }
    case '"':
      return reader.string();
    case 't':
    case 'f':
      return reader.boolean();
    case 'n':
      reader.null();
      return null;
    default: {
      if (reader.nonFinite() !== null) throw reader.fail('NaN or an infinity where none belongs');
      const literal = reader.number();
      return INTEGER.test(literal) ? Number(literal) : new JsonFloat(Number(literal));
    }
  }
}

/** Reads a text that holds one value and nothing else. */
export function readDocument(reader: JsonReader): JsonValue {
  const value = readValue(reader);
  reader.end();
  return value;
}

/** Checks the next value and passes over it. */
export function skipValue(reader: JsonReader): void {
  switch (reader.peek()) {
    case '{':
      reader.object(() => skipValue(reader));
      return;
    case '[':
      reader.array(() => skipValue(reader));
      return;
    case '"':
      reader.string();
      return;
    case 't':
    case 'f':
      reader.boolean();
      return;
    case 'n':
      reader.null();
      return;
    default:
      if (reader.nonFinite() === null) reader.number();
  }
}
