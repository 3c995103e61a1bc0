import type { CheckpointFiles } from './checkpoint-files.js';
import { unreadable } from './restore-error.js';

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Decodes UTF-8 strictly: Python and TensorStore both refuse malformed sequences, and neither reads past a BOM here. */
export function decodeUtf8(bytes: Uint8Array, file: string): string {
  try {
    return UTF8.decode(bytes);
  } catch {
    throw unreadable(file, 'not valid UTF-8');
  }
}

/** The file's text, or null when it does not exist. */
export function readText(files: CheckpointFiles, file: string, maxBytes: number): string | null {
  const bytes = files.read(file, { maxBytes });
  return bytes === null ? null : decodeUtf8(bytes, file);
}
