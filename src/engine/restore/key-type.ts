/** The dtypes of JAX's random keys, and how many uint32 words one key is made of. */
const KEY_WORDS: ReadonlyMap<string, number> = new Map([
  ['key<fry>', 2],
  ['key<rbg>', 4],
  ['key<urbg>', 4],
]);

export const KEY_DATA_TYPE = 'uint32';

export function isKeyType(dtype: string): boolean {
  return KEY_WORDS.has(dtype);
}

/** The words of one key; null for a dtype that is no key. */
export function keyWords(dtype: string): number | null {
  return KEY_WORDS.get(dtype) ?? null;
}
