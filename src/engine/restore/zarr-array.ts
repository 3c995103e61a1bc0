import { bytesPerElement, type DataType } from './data-type.js';

/** What an array's zarr metadata says of it. */
export interface ZarrArray {
  readonly dataType: DataType;
  readonly shape: readonly number[];
  /** Shape of one stored chunk: of a whole shard, where zarr 3 shards. */
  readonly chunkShape: readonly number[];
  /** Between the indices in a chunk's key. */
  readonly separator: '.' | '/';
  readonly compression: 'none' | 'zstd' | 'other';
  /** Bytes of every stored chunk; null when compression makes it unknowable from here. */
  readonly storedChunkBytes: number | null;
  /** Bytes at the end of every stored chunk that are a shard index guarded by a CRC-32C; 0 without one. */
  readonly shardIndexBytes: number;
}

/** A parser's answer: the array, or a sentence that says why TensorStore would refuse the metadata. */
export type ParsedZarr = ZarrArray | string;

/** Bytes of one chunk before compression. */
export function chunkBytes(dataType: DataType, chunkShape: readonly number[]): number {
  return chunkShape.reduce((product, extent) => product * extent, bytesPerElement(dataType));
}
