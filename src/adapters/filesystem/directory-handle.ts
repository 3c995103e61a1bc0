import { constants } from 'node:fs';
import { FileSystemError } from '../../engine/file-system-error.js';
import type { Os } from './os.js';

const DIRECTORY = constants.O_RDONLY | constants.O_DIRECTORY;
const NO_FOLLOW = constants.O_NOFOLLOW;
/** Linux's O_PATH, which Node does not name: a handle that needs no permission on the directory itself. */
const O_PATH = 0o10000000;

/**
 * An open directory. Children are addressed through the handle, so that no part of the path above them can be swapped for a link
 * between two calls (invariant 10). Where the kernel shows no handles (not Linux), the plain path stands in.
 */
export class DirectoryHandle {
  readonly fd: number;
  /** What system calls get. */
  readonly address: string;
  /** What people read. */
  readonly path: string;
  private readonly os: Os;

  private constructor(os: Os, fd: number, path: string) {
    this.os = os;
    this.fd = fd;
    this.path = path;
    this.address = openedPath(os, fd, path);
  }

  /** Opens what the path leads to, links in it followed: for directories that somebody configured. */
  static follow(os: Os, purpose: string, path: string): DirectoryHandle {
    return new DirectoryHandle(os, os.open(purpose, path, DIRECTORY), path);
  }

  /** Fails with ELOOP or ENOTDIR when the last part of the path is a link. */
  static open(os: Os, purpose: string, path: string): DirectoryHandle {
    return new DirectoryHandle(os, os.open(purpose, path, DIRECTORY | NO_FOLLOW), path);
  }

  child(purpose: string, name: string): DirectoryHandle {
    const fd = this.os.open(purpose, this.at(name), DIRECTORY | NO_FOLLOW);
    return new DirectoryHandle(this.os, fd, `${this.path}/${name}`);
  }

  /** A child that may be unreadable to us, to be made readable: the handle takes no fsync and no fchmod. */
  lockedChild(purpose: string, name: string): DirectoryHandle {
    const unread = handles(this.os) === null ? DIRECTORY : O_PATH | constants.O_DIRECTORY;
    const flags = unread | NO_FOLLOW;
    return new DirectoryHandle(this.os, this.os.open(purpose, this.at(name), flags), `${this.path}/${name}`);
  }

  at(name: string): string {
    return `${this.address}/${name}`;
  }

  close(): void {
    this.os.close('close directory', this.fd);
  }
}

/** Runs `work` with the handle and closes it in any case. */
export async function withHandle<T>(
  handle: DirectoryHandle,
  work: (handle: DirectoryHandle) => Promise<T> | T,
): Promise<T> {
  try {
    return await work(handle);
  } finally {
    handle.close();
  }
}

/** Refuses what is not one name: a caller that passes a path has a defect, and must not reach out of the directory. */
export function entryName(name: string): string {
  if (name === '' || name === '.' || name === '..' || name.includes('/') || name.includes('\0'))
    throw new FileSystemError('EINVAL', `${JSON.stringify(name)} is not the name of a directory entry.`);
  return name;
}

/** A path to the very file of a descriptor, or what it was opened by where the kernel shows none. */
export function openedPath(os: Os, fd: number, openedBy: string): string {
  const place = handles(os);
  return place === null ? openedBy : `${place}/${fd}`;
}

const found = new WeakMap<Os, string | null>();

/** Null where the kernel shows no handles. */
function handles(os: Os): string | null {
  let place = found.get(os);
  if (place === undefined) {
    place = findHandles(os);
    found.set(os, place);
  }
  return place;
}

/** By process id, because resolving `self` costs a tenth of every call; but only where /proc counts processes as we do. */
function findHandles(os: Os): string | null {
  try {
    const self = os.realpath('find handles', '/proc/self');
    const own = self === `/proc/${process.pid}` ? self : '/proc/self';
    os.lstat('find handles', `${own}/fd`);
    return `${own}/fd`;
  } catch {
    return null;
  }
}
