import type { CheckpointSource } from './checkpoint-files.js';
import type { ZarrArray } from './zarr-array.js';
import { measureFrame } from './zstd-frame.js';

/** A stored chunk: a file, or a part of one. */
export interface StoredValue {
  readonly file: string;
  readonly offset: number;
  readonly length: number;
}

const MAX_INDEX_BYTES = 16 * 1024 * 1024;
const ENTRY_BYTES = 16;
/** Offset and length of a sub-chunk that is not stored. */
const NOT_STORED = 0xffff_ffff_ffff_ffffn;

/**
 * Checks as much of a stored chunk as can be checked without decompressing it: its length where there is no
 * compression, the blocks of a zstd frame, the index of a zarr 3 shard with its CRC-32C.
 *
 * @returns a sentence, or null when nothing is wrong.
 */
export function checkChunk(
  source: CheckpointSource,
  array: ZarrArray,
  value: StoredValue,
): ChunkProblem | null {
  if (array.storedChunkBytes !== null) {
    if (value.length === array.storedChunkBytes) return null;
    const code = value.length < array.storedChunkBytes ? 'too_short' : 'malformed';
    return { code, detail: `the chunk has ${value.length} bytes, not ${array.storedChunkBytes}` };
  }
  if (array.shardIndexBytes > 0) return checkShard(source, array.shardIndexBytes, value);
  if (array.compression === 'zstd') return checkFrame(source, value);
  return value.length === 0 ? { code: 'too_short', detail: 'the chunk is empty' } : null;
}

export interface ChunkProblem {
  readonly code: 'too_short' | 'malformed' | 'checksum_mismatch';
  readonly detail: string;
}

function checkFrame(source: CheckpointSource, value: StoredValue): ChunkProblem | null {
  const peek = (offset: number, length: number) => readWithin(source, value, offset, length);
  const frame = measureFrame(peek, 0);
  if (typeof frame === 'string') return { code: 'too_short', detail: frame };
  if (frame.end === value.length) return null;
  return { code: 'malformed', detail: `${value.length - frame.end} bytes behind the zstd frame` };
}

function checkShard(source: CheckpointSource, indexBytes: number, value: StoredValue): ChunkProblem | null {
  if (value.length < indexBytes) return { code: 'too_short', detail: 'the shard is shorter than its index' };
  if (indexBytes > MAX_INDEX_BYTES) return null;
  const index = readWithin(source, value, value.length - indexBytes, indexBytes);
  const view = new DataView(index.buffer, index.byteOffset, index.byteLength);
  const end = indexBytes - 4;
  if (source.codecs.crc32c(index.subarray(0, end)) !== view.getUint32(end, true)) {
    return { code: 'checksum_mismatch', detail: 'the CRC-32C of the shard index is wrong' };
  }
  const room = BigInt(value.length - indexBytes);
  for (let at = 0; at < end; at += ENTRY_BYTES) {
    const offset = view.getBigUint64(at, true);
    const length = view.getBigUint64(at + 8, true);
    if (offset === NOT_STORED && length === NOT_STORED) continue;
    if (offset + length > room) return { code: 'too_short', detail: 'a sub-chunk lies outside the shard' };
  }
  return null;
}

function readWithin(
  source: CheckpointSource,
  value: StoredValue,
  offset: number,
  length: number,
): Uint8Array {
  const available = Math.max(0, Math.min(length, value.length - offset));
  if (available === 0) return new Uint8Array(0);
  const range = { offset: value.offset + offset, length: available, maxBytes: available };
  return source.files.read(value.file, range) ?? new Uint8Array(0);
}
