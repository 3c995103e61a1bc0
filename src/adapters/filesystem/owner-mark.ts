import { constants } from 'node:fs';
import { dirname } from 'node:path';
import type { Claim, MarkOrigin, OwnerMark } from '../../engine/file-system.js';
import { FileSystemError } from '../../engine/file-system-error.js';
import { COMMIT_SUCCESS_FILE } from '../../engine/steps/commit-marker.js';
import { DirectoryHandle } from './directory-handle.js';
import { errnoOf, isNotDirectory, sentenceOf } from './errno.js';
import type { Os } from './os.js';
import { readSmallFile } from './read-small-file.js';
import { remedyFor } from './remedy.js';
import { writeNewFile } from './write-new-file.js';

export const MARK = 'owner.json';
const MAX_MARK_BYTES = 4096;
/** The reconciler of whoever owns the directory clears such names away after a crash. */
const TEMPORARY = '.tmp-owner-';
const NOTE =
  'steplease keeps snapshots of checkpoints here. Leave this file: it says which database knows about them.';

/**
 * A snapshot directory has one owner (invariant 8): the store whose name is in the mark. The mark appears complete or not at all, and
 * of two stores that claim at the same time one wins.
 */
export function claim(os: Os, directory: string, owner: string, origin: MarkOrigin | null = null): Claim {
  let handle: DirectoryHandle | null = null;
  try {
    makeDirectory(os, directory);
    handle = openOwned(os, directory);
    const marked = readMark(os, handle)?.store ?? setMark(os, handle, owner, origin);
    if (marked !== owner) return { outcome: 'foreign', owner: marked };
    writeCommitFile(os, handle);
    os.fsync('sync claimed directory', handle.fd);
    return { outcome: 'owned' };
  } catch (error) {
    const errno = errnoOf(error);
    // Claiming only makes and writes files, as a copy does.
    const remedy = remedyFor(errno, 'copy');
    const detail = `${directory} cannot be claimed for snapshots: ${sentenceOf(error)}.${remedy === '' ? '' : ` ${remedy}`}`;
    return { outcome: 'failed', errno, detail };
  } finally {
    handle?.close();
  }
}

/** Null when there is no directory or no mark; throws when there is something that cannot be read. */
export function markOf(os: Os, directory: string): OwnerMark | null {
  let handle: DirectoryHandle;
  try {
    handle = openOwned(os, directory);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null;
    throw error;
  }
  try {
    return readMark(os, handle);
  } finally {
    handle.close();
  }
}

function makeDirectory(os: Os, directory: string): void {
  try {
    os.mkdir('make snapshot directory', directory, 0o777);
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return;
    throw error;
  }
  const parent = DirectoryHandle.follow(os, 'sync parent', dirname(directory));
  try {
    os.fsync('sync parent', parent.fd);
  } finally {
    parent.close();
  }
}

export function openOwned(os: Os, directory: string): DirectoryHandle {
  try {
    return DirectoryHandle.open(os, 'open snapshot directory', directory);
  } catch (error) {
    if (!isNotDirectory(errnoOf(error))) throw error;
    if (os.lstat('open snapshot directory', directory).isSymbolicLink())
      throw new FileSystemError(
        'ELOOP',
        'it is a symbolic link, and snapshots must not end up where it points',
      );
    throw new FileSystemError('ENOTDIR', 'it is not a directory');
  }
}

export function readMark(os: Os, handle: DirectoryHandle): OwnerMark | null {
  const file = readSmallFile(os, 'read owner mark', handle, MARK, MAX_MARK_BYTES);
  if (file.outcome === 'absent') return null;
  if (file.outcome === 'refused') throw new FileSystemError(file.errno, file.why);
  const mark = markIn(file.bytes);
  if (mark === null)
    throw new FileSystemError(
      'EINVAL',
      `${MARK} names no store; if no other server keeps snapshots there, remove the file`,
    );
  return mark;
}

function markIn(bytes: Uint8Array): OwnerMark | null {
  let mark: unknown;
  try {
    mark = JSON.parse(Buffer.from(bytes).toString());
  } catch {
    return null;
  }
  if (typeof mark !== 'object' || mark === null || !('store' in mark)) return null;
  if (typeof mark.store !== 'string' || mark.store === '') return null;
  return { store: mark.store, origin: originIn(mark) };
}

function originIn(mark: object): MarkOrigin | null {
  if (!('host' in mark && 'database' in mark)) return null;
  const { host, database } = mark;
  return typeof host === 'string' && typeof database === 'string' ? { host, database } : null;
}

/** The owner that the directory has afterwards. */
function setMark(os: Os, handle: DirectoryHandle, owner: string, origin: MarkOrigin | null): string {
  const temporary = temporaryMark(os);
  try {
    writeMark(os, handle, temporary, owner, origin);
    publishMark(os, handle, temporary);
  } finally {
    remove(os, handle, temporary);
  }
  // Now that there is a mark no other comes of these: claims that lost, or that a crash cut off while nobody owned the directory.
  for (const name of os.names('list temporary marks', handle.address))
    if (name.startsWith(TEMPORARY)) remove(os, handle, name);
  os.fsync('sync owner mark', handle.fd);
  return readMark(os, handle)?.store ?? owner;
}

export function temporaryMark(os: Os): string {
  return `${TEMPORARY}${os.time.unique()}`;
}

export function writeMark(
  os: Os,
  handle: DirectoryHandle,
  name: string,
  owner: string,
  origin: MarkOrigin | null,
): void {
  const text = JSON.stringify({ store: owner, ...origin, created_at: timeOf(os.time.wallNs()), note: NOTE });
  writeNewFile(os, 'write owner mark', handle.at(name), Buffer.from(`${text}\n`));
}

function timeOf(wallNs: bigint): string {
  return new Date(Number(wallNs / 1_000_000n)).toISOString();
}

/** By a link, which fails when another store was faster; a rename, for filesystems without links, would replace its mark. */
function publishMark(os: Os, handle: DirectoryHandle, temporary: string): void {
  try {
    os.link('publish owner mark', handle.at(temporary), handle.at(MARK));
  } catch (error) {
    const errno = errnoOf(error);
    // ENOENT: another store was faster, and has cleared the temporary one away.
    if (errno === 'EEXIST' || errno === 'ENOENT') return;
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(errno)) throw error;
    os.rename('publish owner mark', handle.at(temporary), handle.at(MARK));
  }
}

export function remove(os: Os, handle: DirectoryHandle, name: string): void {
  try {
    os.unlink('remove temporary mark', handle.at(name));
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
}

/** Orbax's cleanup of temporary directories leaves alone what holds it. */
function writeCommitFile(os: Os, handle: DirectoryHandle): void {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  try {
    os.close('write commit file', os.open('write commit file', handle.at(COMMIT_SUCCESS_FILE), flags, 0o666));
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
  }
}
