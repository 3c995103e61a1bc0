import type { ZarrArray } from './zarr-array.js';

/** Number of chunks that the array consists of. */
export function chunkCount(array: ZarrArray): number {
  return array.shape.reduce((count, extent, i) => count * Math.ceil(extent / (array.chunkShape[i] ?? 1)), 1);
}

/** Whether the key, behind the array's prefix, is that of a chunk within the array. */
export function isChunkKey(key: string, array: ZarrArray, zarr3: boolean): boolean {
  const rank = array.shape.length;
  const indices = zarr3 ? zarr3Indices(key, array.separator) : key.split(array.separator);
  if (indices === null) return false;
  // Zarr 2 calls the only chunk of an array without dimensions "0", zarr 3 "c".
  if (rank === 0) return zarr3 ? indices.length === 0 : key === '0';
  if (indices.length !== rank) return false;
  return indices.every((index, i) => {
    const chunks = Math.ceil((array.shape[i] ?? 0) / (array.chunkShape[i] ?? 1));
    return /^(0|[1-9][0-9]*)$/.test(index) && Number(index) < chunks;
  });
}

function zarr3Indices(key: string, separator: string): string[] | null {
  const [head, ...indices] = key.split(separator);
  return head === 'c' ? indices : null;
}

/** The keys of all chunks, in row-major order, one at a time. */
export function* chunkKeys(array: ZarrArray, zarr3: boolean): Generator<string> {
  const counts = array.shape.map((extent, i) => Math.ceil(extent / (array.chunkShape[i] ?? 1)));
  if (counts.includes(0)) return;
  const index = new Array<number>(counts.length).fill(0);
  for (;;) {
    const joined = index.join(array.separator);
    if (zarr3) yield index.length === 0 ? 'c' : `c${array.separator}${joined}`;
    else yield index.length === 0 ? '0' : joined;
    let dimension = counts.length - 1;
    while (dimension >= 0 && (index[dimension] ?? 0) + 1 === counts[dimension]) index[dimension--] = 0;
    if (dimension < 0) return;
    index[dimension] = (index[dimension] ?? 0) + 1;
  }
}
