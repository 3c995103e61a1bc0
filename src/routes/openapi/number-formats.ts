/** A greater number needs 64 bits. */
const MAX_INT32 = 2 ** 31 - 1;

/**
 * A copy that says of every number how wide it is. Generators take 32 bits where nothing is said, and sizes, step numbers and
 * byte positions do not fit into them.
 */
export function withNumberFormats(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(withNumberFormats);
  if (typeof node !== 'object' || node === null) return node;
  const format = formatOf(node);
  return Object.fromEntries(
    Object.entries(node).flatMap(([key, value]) =>
      key === 'type' && format !== null
        ? [
            [key, value],
            ['format', format],
          ]
        : [[key, withNumberFormats(value)]],
    ),
  );
}

function formatOf({ type, maximum }: { readonly type?: unknown; readonly maximum?: unknown }): string | null {
  const types = Array.isArray(type) ? type : [type];
  if (types.includes('number')) return 'double';
  if (!types.includes('integer')) return null;
  return typeof maximum === 'number' && maximum <= MAX_INT32 ? 'int32' : 'int64';
}
