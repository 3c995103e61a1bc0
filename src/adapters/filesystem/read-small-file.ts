import { constants } from 'node:fs';
import type { DirectoryHandle } from './directory-handle.js';
import { errnoOf, sentenceOf } from './errno.js';
import { kindOf, type Os } from './os.js';

/** Not through a link, and without waiting for the writer of a FIFO. */
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

export type SmallFile =
  | { readonly outcome: 'read'; readonly bytes: Uint8Array }
  | { readonly outcome: 'absent' }
  /** There, but not to be read: `why` is a sentence without its full stop. */
  | { readonly outcome: 'refused'; readonly errno: string; readonly why: string };

/** Reads a regular file of at most `cap` bytes that nobody vouches for. */
export function readSmallFile(
  os: Os,
  purpose: string,
  directory: DirectoryHandle,
  name: string,
  cap: number,
): SmallFile {
  let fd: number;
  try {
    fd = os.open(purpose, directory.at(name), FLAGS);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'ENOENT') return { outcome: 'absent' };
    if (errno === 'ELOOP') return { outcome: 'refused', errno, why: `${name} is a symbolic link` };
    // What opening a socket gives.
    if (errno === 'ENXIO') return { outcome: 'refused', errno, why: `${name} is a special file` };
    return { outcome: 'refused', errno, why: `${name} cannot be read: ${sentenceOf(error)}` };
  }
  try {
    return readOpen(os, purpose, fd, name, cap);
  } catch (error) {
    const why = `${name} cannot be read: ${sentenceOf(error)}`;
    return { outcome: 'refused', errno: errnoOf(error), why };
  } finally {
    os.close(purpose, fd);
  }
}

function readOpen(os: Os, purpose: string, fd: number, name: string, cap: number): SmallFile {
  const stats = os.fstat(purpose, fd);
  if (!stats.isFile()) {
    const why = `${name} is a ${kindOf(stats)}, not a regular file`;
    return { outcome: 'refused', errno: 'EINVAL', why };
  }
  if (stats.size > BigInt(cap)) {
    const why = `${name} has ${stats.size} bytes, more than the ${cap} that are read`;
    return { outcome: 'refused', errno: 'EFBIG', why };
  }
  const bytes = new Uint8Array(Number(stats.size));
  let filled = 0;
  while (filled < bytes.length) {
    const count = os.read(purpose, fd, bytes, filled, bytes.length - filled);
    if (count === 0) break;
    filled += count;
  }
  return { outcome: 'read', bytes: bytes.subarray(0, filled) };
}
