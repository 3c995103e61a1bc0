import {
  accessSync,
  type BigIntStats,
  type BigIntStatsFs,
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  type Dirent,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  futimesSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  realpathSync,
  renameSync,
  rmdirSync,
  statfsSync,
  unlinkSync,
  writeSync,
} from 'node:fs';

export type EntryKind =
  | 'directory'
  | 'file'
  | 'symbolic link'
  | 'FIFO'
  | 'socket'
  | 'device'
  /** The filesystem did not say: lstat decides. */
  | 'unknown';

export interface Entry {
  readonly name: string;
  readonly kind: EntryKind;
}

/** Time as a thread of this adapter sees it, and the order of its work. */
export interface OsTime {
  /** Wall clock, in nanoseconds since the epoch: filesystems stamp with it. */
  wallNs(): bigint;
  /** Milliseconds from an arbitrary start that never jump. */
  elapsedMs(): number;
  /** Resolves when everything else that waits for this thread had its turn. */
  nextTurn(): Promise<void>;
  /** A text that no other call gives, in this process or another; it fits into an entry name. */
  unique(): string;
}

/**
 * The system calls of this adapter, all synchronous: they run in worker threads, where one warm thread is faster than the
 * thread pool. Each takes its purpose first, so that a test can fail exactly the third call of one purpose, or act just before it.
 */
export interface Os {
  readonly time: OsTime;
  lstat(purpose: string, path: string): BigIntStats;
  fstat(purpose: string, fd: number): BigIntStats;
  statfs(purpose: string, path: string): BigIntStatsFs;
  realpath(purpose: string, path: string): string;
  readdir(purpose: string, path: string): Entry[];
  /** Names alone: for directories whose entries are looked at one by one anyway. */
  names(purpose: string, path: string): string[];
  /** Whole small file of the kernel's own (`/proc`). */
  readText(purpose: string, path: string): string;
  access(purpose: string, path: string, mode: number): void;
  open(purpose: string, path: string, flags: number, mode?: number): number;
  close(purpose: string, fd: number): void;
  read(purpose: string, fd: number, into: Uint8Array, offset: number, length: number): number;
  write(purpose: string, fd: number, from: Uint8Array, offset: number, length: number): number;
  fsync(purpose: string, fd: number): void;
  fchmod(purpose: string, fd: number, mode: number): void;
  fchown(purpose: string, fd: number, uid: number, gid: number): void;
  futimes(purpose: string, fd: number, atime: number, mtime: number): void;
  chmod(purpose: string, path: string, mode: number): void;
  mkdir(purpose: string, path: string, mode: number): void;
  link(purpose: string, from: string, to: string): void;
  /** Shares the extents of `from` with a new file, or fails: never falls back to copying. */
  clone(purpose: string, from: string, to: string): void;
  rename(purpose: string, from: string, to: string): void;
  unlink(purpose: string, path: string): void;
  rmdir(purpose: string, path: string): void;
}

const CLONE = constants.COPYFILE_FICLONE_FORCE | constants.COPYFILE_EXCL;
const BIG = { bigint: true } as const;

const nodeTime: OsTime = {
  wallNs: () => BigInt(Date.now()) * 1_000_000n,
  elapsedMs: () => performance.now(),
  nextTurn: () => new Promise<void>((resolve) => setImmediate(resolve)),
  unique: () => `${process.pid}-${process.hrtime.bigint()}`,
};

export const nodeOs: Os = {
  time: nodeTime,
  lstat: (_, path) => lstatSync(path, BIG),
  fstat: (_, fd) => fstatSync(fd, BIG),
  statfs: (_, path) => statfsSync(path, BIG),
  realpath: (_, path) => realpathSync.native(path),
  readdir: (_, path) => readEntries(path),
  names: (_, path) => readdirSync(path),
  readText: (_, path) => readFileSync(path, 'utf8'),
  access: (_, path, mode) => accessSync(path, mode),
  open: (_, path, flags, mode) => openSync(path, flags, mode),
  close: (_, fd) => closeSync(fd),
  read: (_, fd, into, offset, length) => readSync(fd, into, offset, length, null),
  write: (_, fd, from, offset, length) => writeSync(fd, from, offset, length, null),
  fsync: (_, fd) => fsyncSync(fd),
  fchmod: (_, fd, mode) => fchmodSync(fd, mode),
  fchown: (_, fd, uid, gid) => fchownSync(fd, uid, gid),
  futimes: (_, fd, atime, mtime) => futimesSync(fd, atime, mtime),
  chmod: (_, path, mode) => chmodSync(path, mode),
  mkdir: (_, path, mode) => mkdirSync(path, mode),
  link: (_, from, to) => linkSync(from, to),
  clone: (_, from, to) => copyFileSync(from, to, CLONE),
  rename: (_, from, to) => renameSync(from, to),
  unlink: (_, path) => unlinkSync(path),
  rmdir: (_, path) => rmdirSync(path),
};

/**
 * Where a filesystem gives no types, Node looks each entry up itself and fails the whole call when one has vanished meanwhile:
 * then the names alone are taken.
 */
function readEntries(path: string): Entry[] {
  try {
    return readdirSync(path, { withFileTypes: true }).map(entryOf);
  } catch {
    return readdirSync(path).map((name) => ({ name, kind: 'unknown' }));
  }
}

function entryOf(entry: Dirent): Entry {
  return { name: entry.name, kind: kindOf(entry) };
}

/** Of a directory entry or of a stat. */
export function kindOf(
  of: Pick<
    Dirent,
    | 'isFile'
    | 'isDirectory'
    | 'isSymbolicLink'
    | 'isFIFO'
    | 'isSocket'
    | 'isCharacterDevice'
    | 'isBlockDevice'
  >,
): EntryKind {
  if (of.isFile()) return 'file';
  if (of.isDirectory()) return 'directory';
  if (of.isSymbolicLink()) return 'symbolic link';
  if (of.isFIFO()) return 'FIFO';
  if (of.isSocket()) return 'socket';
  return of.isCharacterDevice() || of.isBlockDevice() ? 'device' : 'unknown';
}
