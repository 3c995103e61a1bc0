import type { Codecs } from '../checkpoint-files.js';
import { unreadable } from '../restore-error.js';
import { ByteReader } from './byte-reader.js';

/** The first four bytes, big-endian, say what a block is. */
export const MANIFEST_MAGIC = 0x0cdb3a2a;
export const BTREE_NODE_MAGIC = 0x0cdb20de;
export const VERSION_NODE_MAGIC = 0x0cdb1234;

const HEADER_BYTES = 12;
const CRC_BYTES = 4;
const RAW = 0;
const ZSTD = 1;

export interface BlockPlace {
  readonly file: string;
  readonly offset: number;
}

/**
 * Opens a block: magic number, length (little-endian), format version, compression method, body, CRC-32C of all of
 * it. Nothing is decompressed before the checksum holds: on damaged input decoders return garbage without a word.
 *
 * @param maxDecodedBytes what the body may take after decompression.
 */
export function openBlock(
  bytes: Uint8Array,
  magic: number,
  place: BlockPlace,
  codecs: Codecs,
  maxDecodedBytes: number,
): ByteReader {
  const fail = (detail: string) => unreadable(place.file, detail, place.offset);
  if (bytes.length < HEADER_BYTES + 2 + CRC_BYTES) throw fail('too short for an OCDBT block');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0) !== magic) throw fail('not the expected kind of OCDBT block');
  const length = view.getBigUint64(4, true);
  if (length !== BigInt(bytes.length)) throw fail(`claims ${length} bytes and has ${bytes.length}`);
  const end = bytes.length - CRC_BYTES;
  if (codecs.crc32c(bytes.subarray(0, end)) !== view.getUint32(end, true))
    throw unreadable(place.file, 'the CRC-32C is wrong', place.offset, 'checksum_mismatch');
  const header = new ByteReader(bytes.subarray(0, end), place.file, place.offset);
  header.position = HEADER_BYTES;
  if (header.varint() !== 0) throw fail('unknown format version');
  const method = header.varint();
  const body = bytes.subarray(header.position, end);
  if (method === RAW) return new ByteReader(body, place.file, place.offset);
  if (method !== ZSTD) throw fail('unknown compression method');
  return new ByteReader(decompress(body, codecs, maxDecodedBytes, fail), place.file, place.offset);
}

function decompress(
  body: Uint8Array,
  codecs: Codecs,
  maxBytes: number,
  fail: (detail: string) => Error,
): Uint8Array {
  try {
    return codecs.unzstd(body, maxBytes);
  } catch (error) {
    throw fail(error instanceof Error ? error.message : 'zstd data is malformed');
  }
}
