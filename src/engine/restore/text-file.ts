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
