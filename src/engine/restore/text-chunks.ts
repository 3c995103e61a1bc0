import type { CheckpointFiles } from './checkpoint-files.js';
import { unreadable } from './restore-error.js';

/** A text that comes in pieces, so that a file of 100 MB is never in memory as a whole. */
export interface TextChunks {
  /** The next piece, which may be empty; null behind the last one. */
  next(): string | null;
}

const CHUNK_BYTES = 256 * 1024;

/** A text that is there already. */
export function textChunks(text: string): TextChunks {
  let rest: string | null = text;
  return {
    next() {
      const chunk = rest;
      rest = null;
      return chunk;
    },
  };
}

/** The text of bytes that are there already, decoded as it is needed. `file` names them in errors. */
export function byteChunks(bytes: Uint8Array, file: string): TextChunks {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let offset = 0;
  let ended = false;
  return {
    next() {
      if (ended) return null;
      const end = Math.min(offset + CHUNK_BYTES, bytes.length);
      ended = end === bytes.length;
      try {
        return decoder.decode(bytes.subarray(offset, end), { stream: !ended });
      } catch {
        throw unreadable(file, 'not valid UTF-8', offset);
      } finally {
        offset = end;
      }
    },
  };
}

/** A file's text, read as it is needed; null when there is no such file. */
export function fileChunks(files: CheckpointFiles, file: string, maxBytes: number): TextChunks | null {
  const size = files.size(file);
  if (size === null) return null;
  if (size > maxBytes) throw unreadable(file, `${size} bytes, more than the ${maxBytes} allowed`);
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const into = new Uint8Array(Math.min(CHUNK_BYTES, size));
  let offset = 0;
  let ended = false;
  return {
    next() {
      if (ended) return null;
      const length = Math.min(CHUNK_BYTES, size - offset);
      const bytes = files.read(file, { offset, length, maxBytes: CHUNK_BYTES, into });
      if (bytes === null) throw unreadable(file, 'vanished while it was read', offset);
      ended = offset + length === size;
      try {
        return decoder.decode(bytes, { stream: !ended });
      } catch {
        throw unreadable(file, 'not valid UTF-8', offset);
      } finally {
        offset += length;
      }
    },
  };
}
