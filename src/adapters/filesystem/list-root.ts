import type { BigIntStats } from 'node:fs';
import { NUMBERED_FILES_LISTED } from '../../engine/file-system.js';
import { DirectoryHandle } from './directory-handle.js';
import { errnoOf, isMissing, isNotDirectory, sentenceOf } from './errno.js';
import { identityKey } from './identity.js';
import { mediumOf } from './medium.js';
import { type EntryKind, kindOf, type Os } from './os.js';
import type { ListingMessage } from './protocol.js';
import { isSettled } from './racy-time.js';

export function listRoot(os: Os, directory: string, previous: string | null): ListingMessage {
  let handle: DirectoryHandle;
  let realPath: string;
  try {
    realPath = os.realpath('list', directory);
    handle = DirectoryHandle.open(os, 'list', realPath);
  } catch (error) {
    return failure(error);
  }
  try {
    return listHandle(os, handle, realPath, previous);
  } catch (error) {
    return failure(error);
  } finally {
    handle.close();
  }
}

function failure(error: unknown): ListingMessage {
  const errno = errnoOf(error);
  if (isMissing(errno)) return { outcome: 'absent', errno };
  return { outcome: 'unavailable', errno, detail: `The directory cannot be listed: ${sentenceOf(error)}.` };
}

function listHandle(
  os: Os,
  handle: DirectoryHandle,
  realPath: string,
  previous: string | null,
): ListingMessage {
  // The order matters: a change after this stat gets a time later than `now`, whatever the listing then shows.
  const now = os.time.wallNs();
  const stats = os.fstat('list', handle.fd);
  // A removed directory that is still open lists as empty, which would look as if every step had been deleted.
  if (stats.nlink === 0n) return { outcome: 'absent', errno: 'ENOENT' };
  const local = mediumOf(os.statfs('list', handle.address).type).medium === 'local';
  const state = stateOf(stats);
  if (local && previous === state) return { outcome: 'unchanged', realPath };
  const names: Record<'directory' | 'symbolic link' | 'other', string[]> = {
    directory: [],
    'symbolic link': [],
    other: [],
  };
  const numberedFiles: string[] = [];
  for (const { name, kind } of os.readdir('list', handle.address)) {
    const certain = kind === 'unknown' ? lookUp(os, handle, name) : kind;
    if (certain === null) continue;
    if (certain === 'file') {
      if (numberedFiles.length < NUMBERED_FILES_LISTED && /[0-9]$/.test(name)) numberedFiles.push(name);
      continue;
    }
    names[certain === 'directory' || certain === 'symbolic link' ? certain : 'other'].push(name);
  }
  return {
    outcome: 'listed',
    realPath,
    identity: identityKey(stats),
    token: local && isSettled(stats, now) ? state : null,
    directories: names.directory.join('/'),
    symbolicLinks: names['symbolic link'].join('/'),
    others: names.other.join('/'),
    numberedFiles: numberedFiles.join('/'),
  };
}

/** The change time is in it because, unlike the modification time, nobody can set it back. */
function stateOf(stats: BigIntStats): string {
  return `${stats.dev}.${identityKey(stats)}.${stats.mtimeNs}.${stats.ctimeNs}`;
}

function lookUp(os: Os, handle: DirectoryHandle, name: string): EntryKind | null {
  try {
    return kindOf(os.lstat('list', handle.at(name)));
  } catch (error) {
    const errno = errnoOf(error);
    if (isMissing(errno) || isNotDirectory(errno)) return null;
    throw error;
  }
}
