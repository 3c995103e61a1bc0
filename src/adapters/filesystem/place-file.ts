import type { BigIntStats } from 'node:fs';
import { constants } from 'node:fs';
import { FileSystemError } from '../../engine/file-system-error.js';
import { StepGone } from './build-failure.js';
import { type DirectoryHandle, openedPath } from './directory-handle.js';
import { errnoOf, isNotDirectory } from './errno.js';
import { isSameFile } from './find-change.js';
import type { Os } from './os.js';
import type { Slices } from './slices.js';
import { at, below, type FileColumns } from './tree.js';
import { microseconds } from './tree-digest.js';
import { writeAll } from './write-new-file.js';

/** A directory of the step, the one that is built for it, and the files that belong into it. */
export interface Pair {
  readonly os: Os;
  readonly source: DirectoryHandle;
  readonly target: DirectoryHandle;
  /** Path within the step. */
  readonly path: string;
  readonly files: FileColumns;
  readonly immutable: boolean;
}

const READ = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const CREATE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
const CHUNK_BYTES = 4 * 1024 * 1024;
/** One for every copy of the thread: it is filled and emptied in one go. */
let chunk: Uint8Array | null = null;

/** The file stays the trainer's own: nothing is ever set or written on it (invariant 9). */
export function linkFile(pair: Pair, row: number): void {
  const { os, source, target, files } = pair;
  const name = at(files.name, row);
  try {
    os.link('link file', source.at(name), target.at(name));
  } catch (error) {
    throw lossBehind(pair, row, error);
  }
  // link(2) does not follow a symbolic link that took the file's place: it links it, and the inode betrays that.
  if (!isSameFile(os.lstat('verify file', target.at(name)), files, row)) throw replaced(pair, row);
}

/** The new file's stat. */
export function cloneFile(pair: Pair, row: number): BigIntStats {
  const { os, source, target, files } = pair;
  const name = at(files.name, row);
  return withSource(pair, row, (from) => {
    os.clone('clone file', openedPath(os, from, source.at(name)), target.at(name));
    const fd = os.open('open clone', target.at(name), READ);
    try {
      return dress(pair, row, from, fd);
    } finally {
      os.close('close clone', fd);
    }
  });
}

/** The new file's stat. */
export async function copyFile(pair: Pair, row: number, slices: Slices): Promise<BigIntStats> {
  const { os, target, files } = pair;
  return withSource(pair, row, async (from) => {
    const to = os.open('create file', target.at(at(files.name, row)), CREATE, 0o600);
    try {
      await pump(pair, row, from, to, slices);
      return dress(pair, row, from, to);
    } finally {
      os.close('close file', to);
    }
  });
}

/** Takes back what was placed of a file that turned out to be another one. */
export function dropFile({ os, target, files }: Pair, row: number): void {
  try {
    os.unlink('drop file', target.at(at(files.name, row)));
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
}

/** Opens the source and knows it for the file of the inventory before `work`. */
function withSource<T>(pair: Pair, row: number, work: (fd: number) => T): T {
  const { os, source, files } = pair;
  let fd: number;
  try {
    fd = os.open('open source', source.at(at(files.name, row)), READ);
  } catch (error) {
    // It may be back by now, after something else stood there for a moment: a file that comes and goes is none to copy.
    if (errnoOf(error) === 'ENOENT') throw new StepGone(pathOf(pair, row), 'missing');
    if (isNotDirectory(errnoOf(error))) throw replaced(pair, row);
    throw lossBehind(pair, row, error);
  }
  let pending = false;
  try {
    expectSame(pair, row, fd);
    const result = work(fd);
    if (result instanceof Promise) {
      pending = true;
      // The same value: only the handle's end is tied to it.
      return result.finally(() => os.close('close source', fd)) as T;
    }
    return result;
  } finally {
    if (!pending) os.close('close source', fd);
  }
}

/** Exactly as many bytes as the inventory says: a file that grows cannot keep the copy going. */
async function pump(pair: Pair, row: number, from: number, to: number, slices: Slices): Promise<void> {
  const { os, files } = pair;
  chunk ??= new Uint8Array(CHUNK_BYTES);
  const buffer = chunk;
  for (let left = at(files.size, row); left > 0; ) {
    if (slices.due()) await slices.rest();
    const count = os.read('read source', from, buffer, 0, Math.min(left, buffer.length));
    if (count === 0) throw replaced(pair, row);
    writeAll(os, 'write file', to, buffer.subarray(0, count));
    left -= count;
  }
}

/** Gives a copy the mode, group and time of its original, makes it durable, and checks that both still are what they should be. */
function dress(pair: Pair, row: number, from: number, to: number): BigIntStats {
  const { os, files, immutable } = pair;
  const original = expectSame(pair, row, from);
  giveGroup(os, to, original.gid);
  const mode = Number(original.mode) & 0o777;
  os.fchmod('set file mode', to, immutable ? mode & 0o444 : mode);
  os.futimes('set file time', to, secondsOf(original.atimeNs), secondsOf(original.mtimeNs));
  os.fsync('sync file', to);
  const stats = os.fstat('verify file', to);
  if (Number(stats.size) !== at(files.size, row))
    throw new FileSystemError('EIO', 'the copy has another size');
  if (microseconds(stats.mtimeNs) !== microseconds(original.mtimeNs))
    throw new FileSystemError('ENOTSUP', 'the filesystem does not keep times to the microsecond');
  return stats;
}

/** "Where permitted": only its members may give a file to a group. */
export function giveGroup(os: Os, fd: number, gid: bigint): void {
  try {
    if (os.fstat('set group', fd).gid !== gid) os.fchown('set group', fd, -1, Number(gid));
  } catch (error) {
    if (!['EPERM', 'EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(errnoOf(error))) throw error;
  }
}

/** Node takes seconds as a double and cuts them off: half a microsecond more survives that. */
function secondsOf(ns: bigint): number {
  return (Number(microseconds(ns)) + 0.5) / 1e6;
}

function expectSame(pair: Pair, row: number, fd: number): BigIntStats {
  const stats = pair.os.fstat('verify source', fd);
  if (!isSameFile(stats, pair.files, row)) throw replaced(pair, row);
  return stats;
}

/** Whether a failed call failed because the file of the inventory went, or became another one. */
function lossBehind(pair: Pair, row: number, error: unknown): unknown {
  const { os, source, files } = pair;
  try {
    const stats = os.lstat('look for source', source.at(at(files.name, row)));
    return isSameFile(stats, files, row) ? error : replaced(pair, row);
  } catch (failure) {
    return errnoOf(failure) === 'ENOENT' ? new StepGone(pathOf(pair, row), 'missing') : error;
  }
}

function replaced(pair: Pair, row: number): StepGone {
  return new StepGone(pathOf(pair, row), 'replaced');
}

/** Within the step. */
export function pathOf({ path, files }: Pair, row: number): string {
  return below(path, at(files.name, row));
}
