/** A dict key (string) or a sequence index (number). */
export type PathElement = string | number;
export type TreePath = readonly PathElement[];

/**
 * Python's order of strings, by code point; also the order of their UTF-8 bytes, hence of keys in OCDBT.
 * JavaScript's own `<` compares UTF-16 units and puts U+10000 before U+FFFF.
 */
export function compareStrings(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return shiftSurrogates(x) - shiftSurrogates(y);
  }
  return a.length - b.length;
}

/** Moves surrogates behind the rest of the 16-bit plane, so that comparing units compares code points. */
function shiftSurrogates(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}

/** Pytree order: dict keys sorted, sequences by index, a node before what is below it. Siblings must be alike. */
export function comparePaths(a: TreePath, b: TreePath): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const order = compareElements(a[i], b[i]);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

function compareElements(x: PathElement | undefined, y: PathElement | undefined): number {
  if (typeof x === 'number' && typeof y === 'number') return x - y;
  if (typeof x === 'string' && typeof y === 'string') return compareStrings(x, y);
  return typeof x === 'number' ? -1 : 1;
}
