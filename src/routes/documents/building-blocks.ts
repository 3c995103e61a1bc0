import type { JsonObject } from '../../engine/json.js';
import { type Static, type TSchema, Type } from '../../typebox.js';

/*
 * A schema with a `title` becomes a named model: OpenAPI lists it once, under that name, and refers to it from wherever it is used
 * (`openapi/named-schemas.ts`). Every object has one, so that no generator has to invent names.
 */

/** A string out of a fixed set. */
export function choice<const T extends string>(values: readonly T[], options: object = {}) {
  return Type.Unsafe<T>({ type: 'string', enum: [...values], ...options });
}

/** The same schema, or null. For schemas with a single `type` and no title; named models use `nullableModel`. */
export function nullable<T extends TSchema & { type: string }>(schema: T, options: object = {}) {
  return Type.Unsafe<Static<T> | null>({ ...schema, type: [schema.type, 'null'], ...options });
}

/** A named model, or null. */
export function nullableModel<T extends TSchema>(model: T) {
  return Type.Union([model, Type.Null()]);
}

/** One page of a list. */
export function listOf<T extends TSchema>(model: T, things: string, title: string) {
  return Type.Object(
    {
      items: Type.Array(model),
      next_page: nullable(Type.String(), {
        description: `The value of \`page\` that asks for the next ${things}; null on the last page.`,
      }),
    },
    { title, description: `One page of ${things}.` },
  );
}

/** A document that is told apart from the others of a union by its field `kind`. */
export function kind<const T extends string>(value: T) {
  return choice([value], { description: `Always \`${value}\`.` });
}

/** One of several documents. Their `kind` tells which, and names the model for the generators of clients. */
export function unionByKind<T extends TSchema>(
  models: Readonly<Record<string, T>>,
  options: { readonly title: string; readonly description: string },
) {
  const mapping = Object.entries(models).map(([value, model]) => [
    value,
    `#/components/schemas/${Reflect.get(model, 'title')}`,
  ]);
  return Type.Unsafe<Static<T>>({
    oneOf: Object.values(models),
    discriminator: { propertyName: 'kind', mapping: Object.fromEntries(mapping) },
    ...options,
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
