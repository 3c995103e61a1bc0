import { isObject, type Schema, stringOf } from './schema-node.js';

const SCALARS: Readonly<Record<string, string>> = {
  string: 'str',
  integer: 'int',
  number: 'float',
  boolean: 'bool',
  null: 'None',
};

/** Schemas as Python's type expressions. Notes the models that they refer to. */
export class PythonTypes {
  #references: string[] = [];

  /** The models that were referred to since this was last asked. */
  takeReferences(): readonly string[] {
    const taken = this.#references;
    this.#references = [];
    return taken;
  }

  of(schema: Schema): string {
    return [...new Set(this.alternativesOf(schema))].join(' | ');
  }

  alternativesOf(schema: Schema): readonly string[] {
    const reference = stringOf(schema['$ref']);
    if (reference !== null) return [this.#refer(reference)];
    for (const keyword of ['anyOf', 'oneOf', 'allOf']) {
      const parts = schema[keyword];
      if (Array.isArray(parts)) return parts.filter(isObject).flatMap((part) => this.alternativesOf(part));
    }
    const values = 'const' in schema ? [schema['const']] : schema['enum'];
    const types = Array.isArray(schema['type']) ? schema['type'] : [schema['type']];
    if (Array.isArray(values)) return literal(values, types.includes('null'));
    return types.map((type) => this.#ofType(stringOf(type), schema));
  }

  #ofType(type: string | null, schema: Schema): string {
    if (type === null) return 'Any';
    if (type === 'array') return `list[${isObject(schema['items']) ? this.of(schema['items']) : 'Any'}]`;
    if (type === 'object') {
      const value = schema['additionalProperties'];
      return `dict[str, ${isObject(value) ? this.of(value) : 'Any'}]`;
    }
    const scalar = SCALARS[type];
    if (scalar === undefined) throw new Error(`Python has no name for the type ${type}`);
    return scalar;
  }

  #refer(reference: string): string {
    const name = reference.split('/').at(-1) ?? reference;
    this.#references.push(name);
    return name;
  }
}

/** Literals are written as JSON writes them, which Python reads alike but for `null`. */
function literal(values: readonly unknown[], isNullable: boolean): readonly string[] {
  const given = values.filter((value) => value !== null).map((value) => JSON.stringify(value));
  const isNone = isNullable || given.length < values.length;
  return [`Literal[${given.join(', ')}]`, ...(isNone ? ['None'] : [])];
}
