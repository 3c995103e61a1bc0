import { closeSync, constants, fstatSync, lstatSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { CheckpointFiles, DirectoryEntry, ReadRange } from '../../engine/restore/checkpoint-files.js';
import { missing, unreadable } from '../../engine/restore/restore-error.js';
import { nameUnnamed } from '../shared/system-error.js';

/** O_NONBLOCK keeps a FIFO from blocking the open; for regular files it means nothing. */
const OPEN_FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * A checkpoint directory on the local filesystem, read with synchronous calls: this runs in a worker thread.
 *
 * The root may be anywhere; below it no symbolic link is followed. Each directory on the way is looked at before the
 * file is opened, the file itself is opened with O_NOFOLLOW and must then prove to be a regular one.
 */
export class DirectoryFiles implements CheckpointFiles {
  readonly #root: string;
  /** Directories already known to be real, relative to the root. */
  readonly #directories = new Set<string>(['']);

  constructor(root: string) {
    this.#root = root;
  }

  read(path: string, range: ReadRange): Uint8Array | null {
    const descriptor = this.#open(path);
    if (descriptor === null) return null;
    try {
      const size = sizeOf(descriptor, path);
      const offset = range.offset ?? 0;
      const length = range.length ?? Math.max(0, size - offset);
      if (length > range.maxBytes)
        throw unreadable(path, `${length} bytes, more than the ${range.maxBytes} allowed`);
      if (offset + length > size) {
        const detail = `ends at byte ${size}, before byte ${offset + length}`;
        throw unreadable(path, detail, offset, 'too_short');
      }
      return readFully(descriptor, path, offset, range.into?.subarray(0, length) ?? new Uint8Array(length));
    } finally {
      closeSync(descriptor);
    }
  }

  size(path: string): number | null {
    const descriptor = this.#open(path);
    if (descriptor === null) return null;
    try {
      return sizeOf(descriptor, path);
    } finally {
      closeSync(descriptor);
    }
  }

  list(path: string): readonly DirectoryEntry[] | null {
    if (path !== '' && !this.#enter(components(path))) return null;
    const entries = attempt(path, () => readdirSync(join(this.#root, path), { withFileTypes: true }));
    return (
      entries?.map((entry) => ({
        name: entry.name,
        kind: entry.isFile() ? 'file' : entry.isDirectory() ? 'directory' : 'other',
      })) ?? null
    );
  }

  within(path: string): CheckpointFiles {
    if (!this.#enter(components(path))) throw missing(path, 'the directory is missing');
    return new DirectoryFiles(join(this.#root, path));
  }

  #open(path: string): number | null {
    const parts = components(path);
    if (!this.#enter(parts.slice(0, -1))) return null;
    return attempt(path, () => openSync(join(this.#root, path), OPEN_FLAGS));
  }

  /** Checks that each directory on the way is one, and no link to one. False when one does not exist. */
  #enter(parts: readonly string[]): boolean {
    let directory = '';
    for (const part of parts) {
      directory = directory === '' ? part : `${directory}/${part}`;
      if (this.#directories.has(directory)) continue;
      const stats = attempt(directory, () => lstatSync(join(this.#root, directory)));
      if (stats?.isSymbolicLink()) throw unreadable(directory, 'a symbolic link, which is not followed');
      if (stats === null || !stats.isDirectory()) return false;
      this.#directories.add(directory);
    }
    return true;
  }
}

function components(path: string): string[] {
  const parts = path.split('/');
  if (path.includes('\0') || parts.some((part) => part === '' || part === '.' || part === '..')) {
    throw unreadable(path, 'a path that leaves the checkpoint or is not in normal form');
  }
  return parts;
}

/** Null when the path does not exist; whatever else fails is reported with its errno. */
function attempt<T>(path: string, call: () => T): T | null {
  try {
    return call();
  } catch (error) {
    const known = error instanceof Error && 'code' in error ? error : null;
    const code = known === null ? 'unknown error' : (nameUnnamed(known)?.code ?? String(known.code));
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    if (code === 'ELOOP') throw unreadable(path, 'a symbolic link, which is not followed');
    throw unreadable(path, `cannot be opened (${code})`);
  }
}

function sizeOf(descriptor: number, path: string): number {
  const stats = fstatSync(descriptor);
  if (!stats.isFile()) throw unreadable(path, 'not a regular file');
  return stats.size;
}

function readFully(descriptor: number, path: string, offset: number, bytes: Uint8Array): Uint8Array {
  let filled = 0;
  while (filled < bytes.length) {
    const count = readSync(descriptor, bytes, filled, bytes.length - filled, offset + filled);
    if (count === 0) throw unreadable(path, 'was cut short while it was read', offset + filled, 'too_short');
    filled += count;
  }
  return bytes;
}
