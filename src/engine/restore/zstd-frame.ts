/** What the headers of a zstd frame say, without any decompression. */
export interface ZstdFrame {
  /** Bytes after decompression, where the frame says it. */
  readonly contentSize: number | null;
  /** How far back a decoder must remember. */
  readonly windowSize: number;
  /** No more than this many bytes can come out. */
  readonly mostContent: number;
  /** Offset behind the frame. */
  readonly end: number;
}

/** Gives the bytes at an offset; fewer, or none, at the end of the data. */
export type Peek = (offset: number, length: number) => Uint8Array;

const MAGIC = 0xfd2fb528;
const MAX_BLOCK_BYTES = 128 * 1024;
const RLE = 1;
const COMPRESSED = 2;
const RESERVED = 3;

/**
 * Walks from block header to block header of the frame at `start`. A frame that is cut off, or whose blocks cannot
 * hold what its header claims, is found out without touching the data.
 *
 * @returns a sentence when the data is no whole frame.
 */
export function measureFrame(peek: Peek, start: number): ZstdFrame | string {
  const header = readHeader(peek(start, 18));
  if (typeof header === 'string') return header;
  const { contentSize, windowSize } = header;
  const maxBlock = Math.min(MAX_BLOCK_BYTES, windowSize);
  let mostContent = 0;
  let leastContent = 0;
  let at = start + header.length;
  for (;;) {
    const block = peek(at, 3);
    if (block.length < 3) return 'the zstd frame is cut off';
    const word = littleEndian(block, 0, 3);
    const type = (word >> 1) & 3;
    const size = word >> 3;
    if (type === RESERVED) return 'unknown zstd block';
    if (type === RLE ? peek(at + 3, 1).length < 1 : size > MAX_BLOCK_BYTES)
      return 'the zstd frame is damaged';
    mostContent += type === COMPRESSED ? maxBlock : size;
    leastContent += type === COMPRESSED ? 0 : size;
    at += 3 + (type === RLE ? 1 : size);
    if ((word & 1) === 1) break;
  }
  at += header.checksum ? 4 : 0;
  if (at > start && peek(at - 1, 1).length < 1) return 'the zstd frame is cut off';
  if (contentSize !== null && (contentSize > mostContent || contentSize < leastContent)) {
    return 'the zstd frame does not hold what it claims';
  }
  return { contentSize, windowSize, mostContent: contentSize ?? mostContent, end: at };
}

interface Header {
  readonly contentSize: number | null;
  readonly windowSize: number;
  readonly checksum: boolean;
  readonly length: number;
}

function readHeader(bytes: Uint8Array): Header | string {
  if (bytes.length < 6 || littleEndian(bytes, 0, 4) !== MAGIC) return 'not a zstd frame';
  const descriptor = bytes[4] ?? 0;
  const single = (descriptor & 0x20) !== 0;
  if ((descriptor & 0x08) !== 0) return 'unknown zstd frame';
  if ((descriptor & 0x03) !== 0) return 'the zstd frame needs a dictionary';
  const sizeFlag = descriptor >> 6;
  const sizeBytes = sizeFlag === 0 ? (single ? 1 : 0) : 2 ** sizeFlag;
  const length = 5 + (single ? 0 : 1) + sizeBytes;
  if (bytes.length < length) return 'the zstd frame is cut off';
  const contentSize =
    sizeBytes === 0 ? null : littleEndian(bytes, length - sizeBytes, sizeBytes) + (sizeBytes === 2 ? 256 : 0);
  const windowSize = single && contentSize !== null ? contentSize : windowOf(bytes[5] ?? 0);
  return { contentSize, windowSize, checksum: (descriptor & 0x04) !== 0, length };
}

/** Exponent in the upper five bits, eighths in the lower three. */
function windowOf(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3));
  return base + (base / 8) * (descriptor & 7);
}

function littleEndian(bytes: Uint8Array, offset: number, length: number): number {
  let value = 0;
  for (let i = length - 1; i >= 0; i--) value = value * 256 + (bytes[offset + i] ?? 0);
  return value;
}
