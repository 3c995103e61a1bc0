import type { EmptyType } from './restore-document.js';

/** Orbax's names of the type handlers whose leaves have arrays behind them. */
export const ARRAY_TYPES: ReadonlySet<string> = new Set(['jax.Array', 'np.ndarray', 'scalar']);
export const JAX_ARRAY_TYPE = 'jax.Array';
export const SCALAR_TYPE = 'scalar';
export const STRING_TYPE = 'string';

/** Without the option for rich types, which the answer never has, Orbax reads an empty NamedTuple as None. */
const EMPTY_TYPES: ReadonlyMap<string, EmptyType> = new Map([
  ['None', 'None'],
  ['Dict', 'Dict'],
  ['List', 'List'],
  ['Tuple', 'Tuple'],
  ['NamedTuple', 'None'],
]);

export function emptyTypeOf(valueType: string): EmptyType | null {
  return EMPTY_TYPES.get(valueType) ?? null;
}
