type Json = Readonly<Record<string, unknown>>;

/** Keywords of JSON Schema that OpenAPI 3.0 does not know and that nothing can stand for. */
const UNKNOWN = new Set(['propertyNames']);

/** The same API in the words of OpenAPI 3.0, for generators that do not read 3.1. */
export function toOpenapi30(document: object): object {
  return { ...Object(downgrade(document)), openapi: '3.0.3' };
}

function downgrade(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(downgrade);
  if (!isObject(node)) return node;
  const { type, anyOf, examples, ...rest } = node;
  // A list of examples is one of a schema; those of a parameter or a body have names.
  const example = Array.isArray(examples)
    ? { example: examples[0] }
    : examples === undefined
      ? {}
      : { examples };
  const others = Object.entries(rest).flatMap(([key, value]) =>
    UNKNOWN.has(key) ? [] : [[key, isValue(key) ? value : downgrade(value)]],
  );
  return { ...typeOf(type), ...alternatives(anyOf), ...Object.fromEntries(others), ...example };
}

/** `[T, null]` is a nullable T. The properties of a schema may be called `type`, too: they are schemas. */
function typeOf(type: unknown): Json {
  if (type === undefined) return {};
  if (!Array.isArray(type)) return { type: downgrade(type) };
  const [first, ...more] = type.filter((name) => name !== 'null');
  if (more.length > 0) throw new Error(`OpenAPI 3.0 has no type ${JSON.stringify(type)}: use anyOf`);
  return { type: first, nullable: true };
}

/** A model or null is a nullable one. Keywords beside a reference count for nothing, hence `allOf`; models are objects. */
function alternatives(anyOf: unknown): Json {
  if (!Array.isArray(anyOf)) return anyOf === undefined ? {} : { anyOf: downgrade(anyOf) };
  const models = anyOf.filter((schema) => schema.type !== 'null');
  if (models.length === anyOf.length) return { anyOf: downgrade(anyOf) };
  return { type: 'object', nullable: true, allOf: downgrade(models) };
}

function isValue(key: string): boolean {
  return key === 'example' || key === 'enum';
}

function isObject(node: unknown): node is Json {
  return typeof node === 'object' && node !== null;
}
