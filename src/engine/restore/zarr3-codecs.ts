import { asCounts, isArray, isObject, type JsonObject, type JsonValue } from './json-value.js';

export interface StoredChunk {
  readonly compression: 'none' | 'zstd' | 'other';
  readonly storedChunkBytes: number | null;
  readonly shardIndexBytes: number;
}

/** TensorStore's limit on the sub-chunks of one shard. */
const MAX_SUB_CHUNKS = 2 ** 30;
const INDEX_ENTRY_BYTES = 16;
const CRC_BYTES = 4;

/**
 * The codec chains that Orbax asks for: `bytes`, perhaps `zstd`, usually wrapped in `sharding_indexed`. Any other
 * chain is refused, so that none is accepted that TensorStore would refuse.
 */
export function readCodecs(
  codecs: JsonValue | undefined,
  chunkShape: readonly number[],
  elementBytes: number,
): StoredChunk | string {
  if (!isArray(codecs)) return 'codecs is no list';
  const sharding = codecs.length === 1 ? codecConfiguration(codecs[0], 'sharding_indexed') : null;
  if (sharding !== null) return readSharding(sharding, chunkShape, elementBytes);
  const chain = readChain(codecs, elementBytes);
  if (chain === null) return 'unknown codecs';
  const bytes = chunkShape.reduce((product, extent) => product * extent, elementBytes);
  if (bytes > Number.MAX_SAFE_INTEGER) return 'chunks are too large';
  const storedChunkBytes = chain.compressed ? null : bytes + chain.checksumBytes;
  return { compression: chain.compressed ? 'zstd' : 'none', storedChunkBytes, shardIndexBytes: 0 };
}

function readSharding(
  sharding: JsonObject,
  chunkShape: readonly number[],
  elementBytes: number,
): StoredChunk | string {
  const known = ['chunk_shape', 'codecs', 'index_codecs', 'index_location'];
  for (const key of sharding.keys()) if (!known.includes(key)) return `unknown member ${JSON.stringify(key)}`;
  const inner = asCounts(sharding.get('chunk_shape'));
  if (inner === null || inner.length !== chunkShape.length) return 'sub-chunks do not fit the chunk';
  let subChunks = 1;
  for (const [i, extent] of inner.entries()) {
    const outer = chunkShape[i] ?? 0;
    if (extent === 0 || outer % extent !== 0) return 'sub-chunks do not divide the chunk';
    subChunks *= outer / extent;
  }
  if (subChunks > MAX_SUB_CHUNKS) return 'too many sub-chunks';
  const chain = sharding.get('codecs');
  if (!isArray(chain) || readChain(chain, elementBytes) === null) return 'unknown sub-chunk codecs';
  const indexChain = sharding.get('index_codecs');
  const index = isArray(indexChain) ? readChain(indexChain, 8) : null;
  if (index === null || index.compressed) return 'unknown index_codecs';
  const location = sharding.get('index_location') ?? 'end';
  if (location !== 'end' && location !== 'start') return 'unknown index_location';
  const guarded = location === 'end' && index.checksumBytes > 0;
  const indexBytes = subChunks * INDEX_ENTRY_BYTES + index.checksumBytes;
  return { compression: 'other', storedChunkBytes: null, shardIndexBytes: guarded ? indexBytes : 0 };
}

interface Chain {
  readonly compressed: boolean;
  readonly checksumBytes: number;
}

/** `bytes`, then at most one of `zstd` and `crc32c`. */
function readChain(codecs: readonly JsonValue[], elementBytes: number): Chain | null {
  const bytes = codecConfiguration(codecs[0], 'bytes');
  if (bytes === null || !isBytes(bytes, elementBytes) || codecs.length > 2) return null;
  if (codecs.length === 1) return { compressed: false, checksumBytes: 0 };
  const crc = codecConfiguration(codecs[1], 'crc32c');
  if (crc !== null) return crc.size === 0 ? { compressed: false, checksumBytes: CRC_BYTES } : null;
  const zstd = codecConfiguration(codecs[1], 'zstd');
  return zstd !== null && isZstd(zstd) ? { compressed: true, checksumBytes: 0 } : null;
}

function isBytes(configuration: JsonObject, elementBytes: number): boolean {
  if (configuration.size === 0) return elementBytes === 1;
  const endian = configuration.get('endian');
  return configuration.size === 1 && (endian === 'little' || endian === 'big');
}

function isZstd(configuration: JsonObject): boolean {
  for (const key of configuration.keys()) if (key !== 'level' && key !== 'checksum') return false;
  const level = configuration.get('level');
  const checksum = configuration.get('checksum') ?? false;
  return typeof level === 'number' && level >= -131072 && level <= 22 && typeof checksum === 'boolean';
}

/** A codec's configuration: null when the codec is another one or has members that are not known. */
function codecConfiguration(codec: JsonValue | undefined, name: string): JsonObject | null {
  if (!isObject(codec) || codec.get('name') !== name) return null;
  for (const key of codec.keys()) if (key !== 'name' && key !== 'configuration') return null;
  const configuration = codec.get('configuration') ?? new Map();
  return isObject(configuration) ? configuration : null;
}
