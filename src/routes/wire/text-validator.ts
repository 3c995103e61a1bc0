import type { EngineError } from '../../engine/errors.js';
import { type Place, refuseMissing, refuseRepeated, refuseUnknown, refuseValue } from './refusal.js';
import { REFUSED, readText } from './text-value.js';
import type { ValueSchema } from './value-schema.js';

/** An object schema whose properties are the parameters. */
export interface ParameterSchema {
  readonly properties?: Readonly<Record<string, ValueSchema>>;
  readonly required?: readonly string[];
}

export type Validation = { readonly value: unknown } | { readonly error: EngineError };

/** Checks and converts query or path parameters; a repeated parameter is refused, since only one of its values could count. */
export function validateParameters(place: Place, schema: ParameterSchema): (given: unknown) => Validation {
  const properties = new Map(Object.entries(schema.properties ?? {}));
  return (given) => {
    const values: Record<string, unknown> = {};
    for (const [name, text] of entriesOf(given)) {
      const property = properties.get(name);
      if (property === undefined) return { error: refuseUnknown(place, name, [...properties.keys()]) };
      if (typeof text !== 'string') return { error: refuseRepeated(place, name) };
      const value = readText(property, text);
      if (value === REFUSED) return { error: refuseValue(place, name, text, property) };
      values[name] = value;
    }
    for (const name of schema.required ?? []) {
      if (!Object.hasOwn(values, name)) return { error: refuseMissing(place, name) };
    }
    return { value: values };
  };
}

/** Checks the headers that the schema names and leaves all others, and the headers object itself, alone. */
export function validateHeaders(schema: ParameterSchema): (given: unknown) => Validation | true {
  const properties = Object.entries(schema.properties ?? {});
  return (given) => {
    const headers = new Map(entriesOf(given));
    for (const [name, property] of properties) {
      const text = headers.get(name.toLowerCase());
      if (typeof text === 'string' && readText(property, text) === REFUSED) {
        return { error: refuseValue('header', name, text, property) };
      }
    }
    return true;
  };
}

function entriesOf(given: unknown): [string, unknown][] {
  return Object.entries(Object(given));
}
