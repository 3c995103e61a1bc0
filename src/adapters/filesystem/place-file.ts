import type { BigIntStats } from 'node:fs';
import { constants } from 'node:fs';
import { StepGone } from './build-failure.js';
import { type DirectoryHandle, openedPath } from './directory-handle.js';
import { errnoOf, FileSystemError } from './errno.js';
import { isSameFile } from './find-vanished.js';
import type { Os } from './os.js';
import type { Slices } from './slices.js';
import { at, type FileColumns } from './tree.js';
import { microseconds } from './tree-digest.js';
import { writeAll } from './write-new-file.js';

export interface Placement {
  readonly os: Os;
  readonly source: DirectoryHandle;
  readonly target: DirectoryHandle;
  readonly files: FileColumns;
  /** The file's row. */
  readonly row: number;
  /** Path within the step. */
  readonly path: string;
  readonly immutable: boolean;
}

const READ = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const CREATE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
const CHUNK_BYTES = 4 * 1024 * 1024;
/** One for every copy of the thread: it is filled and emptied in one go. */
let chunk: Uint8Array | null = null;

/** The file stays the trainer's own: nothing is ever set or written on it (invariant 9). */
export function linkFile(placement: Placement): void {
  const { os, source, target, files, row, path } = placement;
  const name = at(files.name, row);
  try {
    os.link('link file', source.at(name), target.at(name));
  } catch (error) {
    throw lossBehind(placement, error);
  }
  // link(2) does not follow a symbolic link that took the file's place: it links it, and the inode betrays that.
  if (!isSameFile(os.lstat('verify file', target.at(name)), files, row)) throw new StepGone(path, 'replaced');
}

/** The new file's stat. */
export function cloneFile(placement: Placement): BigIntStats {
  const { os, source, target, files, row } = placement;
  const name = at(files.name, row);
  return withSource(placement, (from) => {
    os.clone('clone file', openedPath(os, from, source.at(name)), target.at(name));
    const fd = os.open('open clone', target.at(name), READ);
    try {
      return dress(placement, from, fd);
    } finally {
      os.close('close clone', fd);
    }
  });
}

/** The new file's stat. */
export async function copyFile(placement: Placement, slices: Slices): Promise<BigIntStats> {
  const { os, target, files, row } = placement;
  return withSource(placement, async (from) => {
    const to = os.open('create file', target.at(at(files.name, row)), CREATE, 0o600);
    try {
      await pump(placement, from, to, slices);
      return dress(placement, from, to);
    } finally {
      os.close('close file', to);
    }
  });
}

/** Opens the source and knows it for the file of the inventory before `work`. */
function withSource<T>(placement: Placement, work: (fd: number) => T): T {
  const { os, source, files, row } = placement;
  let fd: number;
  try {
    fd = os.open('open source', source.at(at(files.name, row)), READ);
  } catch (error) {
    throw lossBehind(placement, error);
  }
  let pending = false;
  try {
    expectSame(placement, fd);
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
async function pump(placement: Placement, from: number, to: number, slices: Slices): Promise<void> {
  const { os, files, row, path } = placement;
  chunk ??= new Uint8Array(CHUNK_BYTES);
  const buffer = chunk;
  for (let left = at(files.size, row); left > 0; ) {
    if (slices.due()) await slices.rest();
    const count = os.read('read source', from, buffer, 0, Math.min(left, buffer.length));
    if (count === 0) throw new StepGone(path, 'replaced');
    writeAll(os, 'write file', to, buffer.subarray(0, count));
    left -= count;
  }
}

/** Gives a copy the mode, group and time of its original, makes it durable, and checks that both still are what they should be. */
function dress(placement: Placement, from: number, to: number): BigIntStats {
  const { os, files, row, immutable } = placement;
  const original = expectSame(placement, from);
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

function expectSame(placement: Placement, fd: number): BigIntStats {
  const stats = placement.os.fstat('verify source', fd);
  if (!isSameFile(stats, placement.files, placement.row)) throw new StepGone(placement.path, 'replaced');
  return stats;
}

/** Whether a failed call failed because the file of the inventory went, or became another one. */
function lossBehind({ os, source, files, row, path }: Placement, error: unknown): unknown {
  try {
    const stats = os.lstat('look for source', source.at(at(files.name, row)));
    return isSameFile(stats, files, row) ? error : new StepGone(path, 'replaced');
  } catch (failure) {
    return errnoOf(failure) === 'ENOENT' ? new StepGone(path, 'missing') : error;
  }
}
