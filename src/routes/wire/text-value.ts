import { parseDuration } from './duration.js';
import { DURATION_FORMAT, STEP_FORMAT, type ValueSchema } from './value-schema.js';

/** What `readText` gives for a text that its schema does not allow; no value of any schema. */
export const REFUSED: unique symbol = Symbol('refused');

/**
 * Turns the text of a query, path or header parameter into the value that its schema describes. Strict on purpose: `1e3`,
 * `1.0`, ` 5`, `+5` and the empty string are no integers, and only `true` and `false` are booleans.
 */
export function readText(schema: ValueSchema, text: string): unknown {
  switch (schema.type) {
    case 'integer':
      return readInteger(schema, text);
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : REFUSED;
    case 'array':
      return readList(schema.items ?? {}, text);
    default:
      return readFormat(schema, text);
  }
}

function readFormat(schema: ValueSchema, text: string): unknown {
  switch (schema.format) {
    case DURATION_FORMAT:
      return parseDuration(text) ?? REFUSED;
    case STEP_FORMAT:
      return text === 'latest' ? text : readInteger(schema, text);
    default:
      return readString(schema, text);
  }
}

function readInteger(schema: ValueSchema, text: string): unknown {
  if (!/^\d+$/.test(text)) return REFUSED;
  const value = Number(text);
  const { minimum = 0, maximum = Number.MAX_SAFE_INTEGER } = schema;
  return value >= minimum && value <= maximum ? value : REFUSED;
}

function readList(items: ValueSchema, text: string): unknown {
  const values = text.split(',').map((part) => readText(items, part));
  return values.includes(REFUSED) ? REFUSED : values;
}

function readString(schema: ValueSchema, text: string): unknown {
  if (schema.enum !== undefined && !schema.enum.includes(text)) return REFUSED;
  if (text.length < (schema.minLength ?? 0) || text.length > (schema.maxLength ?? Infinity)) return REFUSED;
  return schema.pattern === undefined || new RegExp(schema.pattern, 'u').test(text) ? text : REFUSED;
}
