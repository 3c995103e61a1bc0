import { isDeepStrictEqual } from 'node:util';

type Json = Readonly<Record<string, unknown>>;

/** Keys below which there are values, not schemas. */
const VALUES = new Set(['example', 'examples', 'enum', 'const', 'discriminator', 'required']);

/**
 * Moves each schema that has a `title` to the list of named schemas, and refers to it instead, so that a model is written once however
 * many calls use it, and is called in every generated client what it is called here. The body of a request stays where it is, with its
 * title: TypeScript's generator makes fields with a default required everywhere else.
 */
export class NamedSchemas {
  readonly #byName = new Map<string, unknown>();

  /** By name, as `components.schemas` lists them. */
  get all(): Readonly<Record<string, unknown>> {
    return Object.fromEntries([...this.#byName].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** A copy of `node` in which references stand for the named schemas. */
  replaceIn(node: unknown): unknown {
    if (Array.isArray(node)) return node.map((item) => this.replaceIn(item));
    if (!isObject(node)) return node;
    const { title, ...rest } = node;
    if (typeof title !== 'string') return this.#replaceInside(node);
    this.#add(title, this.#replaceInside(rest));
    return { $ref: `#/components/schemas/${title}` };
  }

  #replaceInside(node: Json): Json {
    return Object.fromEntries(
      Object.entries(node).map(([key, value]) => {
        if (VALUES.has(key)) return [key, value];
        return [key, key === 'requestBody' ? this.#replaceInBody(value) : this.replaceIn(value)];
      }),
    );
  }

  #replaceInBody(node: unknown): unknown {
    if (!isObject(node)) return node;
    return Object.fromEntries(
      Object.entries(node).map(([key, value]) => {
        if (VALUES.has(key)) return [key, value];
        return [key, key === 'schema' ? this.#replaceInside(Object(value)) : this.#replaceInBody(value)];
      }),
    );
  }

  #add(name: string, schema: unknown): void {
    const known = this.#byName.get(name);
    if (known !== undefined && !isDeepStrictEqual(known, schema)) {
      throw new Error(`two schemas are called ${name}: give one of them another title`);
    }
    this.#byName.set(name, schema);
  }
}

function isObject(node: unknown): node is Json {
  return typeof node === 'object' && node !== null;
}
