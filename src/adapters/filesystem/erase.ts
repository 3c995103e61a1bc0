import type { EraseResult } from '../../engine/file-system.js';
import { FileSystemError } from '../../engine/file-system-error.js';
import { DirectoryHandle, entryName, withHandle } from './directory-handle.js';
import { errnoOf, isNotDirectory, sentenceOf } from './errno.js';
import type { Os } from './os.js';
import { Slices } from './slices.js';

/** How often a directory is emptied again because something was put into it meanwhile. */
const ROUNDS = 10;
/** Each level costs a descriptor. Snapshots are never as deep. */
const MAX_DEPTH = 256;

/**
 * Removes a tree inside a snapshot directory, never following a link. It runs in slices: grants are not held up by it. Two erasures
 * of one tree do not disturb each other.
 */
export async function erase(os: Os, snapshotDirectory: string, name: string): Promise<EraseResult> {
  entryName(name);
  let parent: DirectoryHandle;
  try {
    parent = DirectoryHandle.open(os, 'open snapshot directory', snapshotDirectory);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return { outcome: 'erased' };
    return failed(error, snapshotDirectory);
  }
  return withHandle(parent, () => eraseIn(os, parent, name));
}

export async function eraseIn(os: Os, parent: DirectoryHandle, name: string): Promise<EraseResult> {
  const eraser = new Eraser(os);
  try {
    await eraser.remove(parent, name, 0);
    return { outcome: 'erased' };
  } catch (error) {
    return failed(error, eraser.at ?? `${parent.path}/${name}`);
  }
}

function failed(error: unknown, path: string): EraseResult {
  return {
    outcome: 'failed',
    errno: errnoOf(error),
    path,
    detail: `${path} cannot be removed: ${sentenceOf(error)}.`,
  };
}

class Eraser {
  /** What was being removed when it failed. */
  at: string | null = null;
  private readonly os: Os;
  private readonly slices: Slices;

  constructor(os: Os) {
    this.os = os;
    this.slices = new Slices(os.time);
  }

  /** An entry of unknown kind. */
  async remove(parent: DirectoryHandle, name: string, depth: number): Promise<void> {
    let handle: DirectoryHandle;
    try {
      handle = parent.lockedChild('erase directory', name);
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === 'ENOENT') return;
      if (!isNotDirectory(errno)) throw this.note(error, parent, name);
      this.unlink(parent, name);
      return;
    }
    try {
      await this.removeDirectory(parent, handle, name, depth);
    } finally {
      handle.close();
    }
  }

  private async removeDirectory(
    parent: DirectoryHandle,
    handle: DirectoryHandle,
    name: string,
    depth: number,
  ): Promise<void> {
    if (depth > MAX_DEPTH)
      throw this.note(new FileSystemError('E2BIG', `it is nested deeper than ${MAX_DEPTH}`), parent, name);
    for (let round = 1; ; round++) {
      await this.empty(handle, depth);
      try {
        this.os.rmdir('erase directory', parent.at(name));
        return;
      } catch (error) {
        const errno = errnoOf(error);
        if (errno === 'ENOENT') return;
        if (errno !== 'ENOTEMPTY' || round === ROUNDS) throw this.note(error, parent, name);
      }
    }
  }

  private async empty(handle: DirectoryHandle, depth: number): Promise<void> {
    const { os, slices } = this;
    let entries: ReturnType<Os['readdir']>;
    try {
      this.unlock(handle);
      entries = os.readdir('erase directory', handle.address);
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return;
      this.at ??= handle.path;
      throw error;
    }
    for (const { name, kind } of entries) {
      if (slices.due()) await slices.rest();
      // Whatever is not a directory is unlinked as it is: a link itself, never what it points to.
      if (kind === 'directory' || kind === 'unknown') await this.remove(handle, name, depth + 1);
      else this.unlink(handle, name);
    }
  }

  /** Immutable snapshots, and copies of directories that deny their owner something. Only ever a directory of our own. */
  private unlock(handle: DirectoryHandle): void {
    const mode = Number(this.os.fstat('erase directory', handle.fd).mode) & 0o7777;
    if ((mode & 0o700) !== 0o700) this.os.chmod('unlock directory', handle.address, mode | 0o700);
  }

  private unlink(parent: DirectoryHandle, name: string): void {
    try {
      this.os.unlink('erase file', parent.at(name));
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw this.note(error, parent, name);
    }
  }

  private note(error: unknown, parent: DirectoryHandle, name: string): unknown {
    this.at ??= `${parent.path}/${name}`;
    return error;
  }
}
