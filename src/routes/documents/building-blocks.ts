import type { JsonObject } from '../../engine/json.js';
import { type Static, type TSchema, Type } from '../../typebox.js';

/** A string out of a fixed set. */
export function choice<const T extends string>(values: readonly T[], options: object = {}) {
  return Type.Unsafe<T>({ type: 'string', enum: [...values], ...options });
}

/** The same schema, or null. For schemas with a single `type`; references use `nullableRef`. */
export function nullable<T extends TSchema & { type: string }>(schema: T, options: object = {}) {
  return Type.Unsafe<Static<T> | null>({ ...schema, type: [schema.type, 'null'], ...options });
}

/** Refers to a schema that is registered under `id`, so that OpenAPI shows it by its name. */
export function ref<T>(id: string) {
  return Type.Unsafe<T>({ $ref: `${id}#` });
}

export function listOf<T>(id: string, description: string) {
  return Type.Object({
    items: Type.Array(ref<T>(id)),
    next_page: nullable(Type.String(), {
      description: `Give it as \`page\` for the next ${description}; null on the last page.`,
    }),
  });
}

export function time(description: string) {
  return Type.String({
    format: 'date-time',
    description: `${description} RFC 3339, UTC, milliseconds.`,
    examples: ['2025-01-31T12:00:00.000Z'],
  });
}

export function jsonObject(description: string) {
  return Type.Unsafe<JsonObject>({ type: 'object', additionalProperties: true, description });
}

export function seconds(description: string, example: number) {
  return Type.Number({ description: `${description} Seconds.`, examples: [example] });
}
