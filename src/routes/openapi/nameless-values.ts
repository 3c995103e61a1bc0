/**
 * A copy in which a set of values without letters or digits, such as `_` and `-`, is a pattern instead of an `enum`: generators make
 * names of the values of an `enum`, and such values leave none.
 */
export function withoutNamelessValues(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(withoutNamelessValues);
  if (typeof node !== 'object' || node === null) return node;
  return Object.fromEntries(
    Object.entries(node).map(([key, value]) =>
      key === 'enum' && isNameless(value)
        ? ['pattern', patternOf(value)]
        : [key, withoutNamelessValues(value)],
    ),
  );
}

function isNameless(values: unknown): values is readonly string[] {
  return (
    Array.isArray(values) && values.every((value) => typeof value === 'string' && !/[a-z0-9]/i.test(value))
  );
}

function patternOf(values: readonly string[]): string {
  return `^(${values.map((value) => value.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|')})$`;
}
