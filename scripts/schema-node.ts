/** A node of a JSON Schema: nothing is known of it but that it is an object. */
export type Schema = Readonly<Record<string, unknown>>;

export function isObject(node: unknown): node is Schema {
  return typeof node === 'object' && node !== null && !Array.isArray(node);
}

export function stringOf(node: unknown): string | null {
  return typeof node === 'string' ? node : null;
}
