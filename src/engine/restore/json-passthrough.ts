import type { JsonReader } from './json-reader.js';
import { JsonText } from './json-value.js';

/**
 * Reads the next value as compact JSON text with Python's reading of it: a repeated key keeps its last value, numbers
 * keep their digits, and what JSON cannot say becomes a string (`"NaN"`, `"Infinity"`, `"-Infinity"`).
 */
export function passThrough(reader: JsonReader): JsonText {
  return new JsonText(textOf(reader));
}

function textOf(reader: JsonReader): string {
  switch (reader.peek()) {
    case '{': {
      const members = new Map<string, string>();
      reader.object((key) => {
        members.set(key, textOf(reader));
      });
      return `{${[...members].map(([key, text]) => `${JSON.stringify(key)}:${text}`).join(',')}}`;
    }
    case '[': {
      const elements: string[] = [];
      reader.array(() => {
        elements.push(textOf(reader));
      });
      return `[${elements.join(',')}]`;
    }
    case '"':
      return JSON.stringify(reader.string());
    case 't':
    case 'f':
      return String(reader.boolean());
    case 'n':
      reader.null();
      return 'null';
    default:
      return numberText(reader);
  }
}

function numberText(reader: JsonReader): string {
  const name = reader.nonFinite();
  if (name !== null) return `"${name}"`;
  const literal = reader.number();
  // Python reads a fraction or exponent too large for a double as infinity, a long integer exactly.
  if (!/[.eE]/.test(literal) || Number.isFinite(Number(literal))) return literal;
  return literal.startsWith('-') ? '"-Infinity"' : '"Infinity"';
}
