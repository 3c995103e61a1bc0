import * as zlib from 'node:zlib';
import { crc32c } from '@aws-crypto/crc32c';
import { Decompress, decompress } from 'fzstd';
import type { Codecs } from '../../engine/restore/checkpoint-files.js';
import { measureFrame, type ZstdFrame } from '../../engine/restore/zstd-frame.js';

type NativeUnzstd = (bytes: Uint8Array, options: { maxOutputLength: number }) => Uint8Array;

/** Node has zstd since 22.15; an older one uses the decoder in JavaScript. */
const native = nativeUnzstd();

export const nodeCodecs: Codecs = {
  crc32c,
  unzstd: native === null ? unzstdInJavaScript : (bytes, maxBytes) => unzstdNatively(native, bytes, maxBytes),
};

function nativeUnzstd(): NativeUnzstd | null {
  const candidate: unknown = Reflect.get(zlib, 'zstdDecompressSync');
  // Reflect hides the type that newer declarations of Node give to it.
  return typeof candidate === 'function' ? (candidate as NativeUnzstd) : null;
}

/** Frames that do not say their size are decoded block by block, and every block costs a move of the window. */
const MAX_STREAM_WINDOW_BYTES = 8 * 1024 * 1024;
const BLOCK_BYTES = 128 * 1024;

/** Node's decoder takes a frame that is cut off for a short one. */
function unzstdNatively(unzstd: NativeUnzstd, bytes: Uint8Array, maxBytes: number): Uint8Array {
  measure(bytes, maxBytes);
  return unzstd(bytes, { maxOutputLength: maxBytes });
}

/** The decoder in JavaScript checks no bounds worth the name. Exported for its tests. */
export function unzstdInJavaScript(bytes: Uint8Array, maxBytes: number): Uint8Array {
  const frame = measure(bytes, maxBytes);
  if (frame.contentSize !== null) return decompress(bytes, new Uint8Array(frame.contentSize));
  if (frame.windowSize > MAX_STREAM_WINDOW_BYTES) throw new Error('zstd data with too large a window');
  return stream(bytes, frame.mostContent);
}

/** What the headers of a whole frame allow must fit into `maxBytes`, before a buffer of that size is made. */
function measure(bytes: Uint8Array, maxBytes: number): ZstdFrame {
  const frame = measureFrame((offset, length) => bytes.subarray(offset, offset + length), 0);
  if (typeof frame === 'string') throw new Error(frame);
  if (frame.end !== bytes.length) throw new Error('data behind the zstd frame');
  const slack = frame.contentSize === null ? BLOCK_BYTES : 0;
  if (frame.mostContent > maxBytes + slack) throw new Error(`zstd data of more than ${maxBytes} bytes`);
  return frame;
}

/** Decodes block by block into one buffer: pieces put together at the end would take the memory twice. */
function stream(bytes: Uint8Array, most: number): Uint8Array {
  const whole = new Uint8Array(most);
  let used = 0;
  const decoder = new Decompress((block) => {
    whole.set(block, used);
    used += block.length;
  });
  decoder.push(bytes, true);
  return whole.subarray(0, used);
}
