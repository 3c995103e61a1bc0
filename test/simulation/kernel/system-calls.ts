import { type BigIntStatsFs, constants } from 'node:fs';
import type { Os, OsTime } from '../../../src/adapters/filesystem/os.js';
import { FileSystemError } from '../../../src/engine/file-system-error.js';
import type { Descriptors } from './descriptors.js';
import { type DirectoryNode, type FileNode, type Inode, statsOf } from './inode.js';
import { Paths } from './paths.js';
import { entryOf, type Volume } from './volume.js';

const O_PATH = 0o10000000;
const CAPACITY = { bsize: 4096n, blocks: 1n << 24n };

/** What comes before each call of a process: it may throw what the call shall fail with. */
export type Gate = (method: string, purpose: string) => void;

export interface SystemCallPorts {
  readonly volume: Volume;
  readonly time: OsTime;
  readonly descriptors: Descriptors;
  readonly gate: Gate;
  /** The magic number that statfs gives. */
  readonly filesystem: () => bigint;
}

/** The system calls of one process on a volume. */
export function systemCalls(ports: SystemCallPorts): Os {
  const { volume, time, descriptors } = ports;
  const paths = new Paths(volume.root, (fd) => descriptors.get(fd).inode);
  const file = (fd: number): FileNode => fileOf(descriptors.get(fd).inode);
  const calls: Omit<Os, 'time'> = {
    lstat: (_, path) => statsOf(isProc(path) ? volume.root : paths.find(path, isHandle(path))),
    fstat: (_, fd) => statsOf(descriptors.get(fd).inode),
    statfs: (_, path) => {
      paths.find(path, true);
      // The other fields of the structure are not asked for.
      return { type: ports.filesystem(), bavail: CAPACITY.blocks / 2n, ...CAPACITY } as BigIntStatsFs;
    },
    realpath: (_, path) => (isProc(path) ? path : paths.real(path)),
    readdir: (_, path) =>
      [...directoryOf(paths.find(path, true)).entries].map(([name, { kind }]) => ({ name, kind })),
    names: (_, path) => [...directoryOf(paths.find(path, true)).entries.keys()],
    readText: (_, path) => {
      throw new FileSystemError('ENOENT', `ENOENT: ${path}`);
    },
    access: (_, path) => {
      paths.find(path, true);
    },
    open: (_, path, flags, mode = 0o666) => descriptors.open(openInode(volume, paths, path, flags, mode)),
    close: (_, fd) => descriptors.close(fd),
    read: (_, fd, into, offset, length) => {
      const open = descriptors.get(fd);
      const piece = fileOf(open.inode).content.subarray(open.position, open.position + length);
      into.set(piece, offset);
      open.position += piece.length;
      return piece.length;
    },
    write: (_, fd, from, offset, length) => {
      const { content } = file(fd);
      volume.write(file(fd), Buffer.concat([content, from.subarray(offset, offset + length)]));
      return length;
    },
    fsync: (_, fd) => volume.flush(descriptors.get(fd).inode),
    fchmod: (_, fd, mode) => volume.setMode(descriptors.get(fd).inode, mode),
    fchown: (_, fd, _uid, gid) => {
      descriptors.get(fd).inode.gid = gid;
    },
    futimes: (_, fd, _atime, mtime) => volume.setTimes(file(fd), BigInt(Math.floor(mtime * 1e6)) * 1000n),
    chmod: (_, path, mode) => volume.setMode(paths.find(path, true), mode),
    mkdir: (_, path, mode) => {
      const { directory, name } = paths.place(path);
      volume.mkdir(directory, name, mode);
    },
    link: (_, from, to) => {
      const { directory, name } = paths.place(to);
      volume.link(paths.find(from, false), directory, name);
    },
    clone: (_, from, to) => {
      const { directory, name } = paths.place(to);
      const original = fileOf(paths.find(from, true));
      volume.create(directory, name, original.mode & 0o777, original.content);
    },
    rename: (_, from, to) => {
      const [before, after] = [paths.place(from), paths.place(to)];
      volume.rename(before.directory, before.name, after.directory, after.name);
    },
    unlink: (_, path) => {
      const { directory, name } = paths.place(path);
      volume.unlink(directory, name);
    },
    rmdir: (_, path) => {
      const { directory, name } = paths.place(path);
      volume.rmdir(directory, name);
    },
  };
  const gated = Object.entries(calls).map(([method, call]) => {
    const guarded = (purpose: string, ...rest: readonly unknown[]) => {
      ports.gate(method, purpose);
      return Reflect.apply(call, null, [purpose, ...rest]);
    };
    return [method, guarded];
  });
  // Every method of Os is there, and passes on what it is given.
  return { time, ...Object.fromEntries(gated) } as Os;
}

function openInode(volume: Volume, paths: Paths, path: string, flags: number, mode: number): Inode {
  const has = (flag: number) => (flags & flag) === flag;
  if (has(constants.O_CREAT)) {
    const { directory, name } = paths.place(path);
    if (!directory.entries.has(name)) return volume.create(directory, name, mode);
    if (has(constants.O_EXCL)) throw new FileSystemError('EEXIST', `EEXIST: ${path}`);
    return entryOf(directory, name);
  }
  const inode = paths.find(path, !has(constants.O_NOFOLLOW));
  if (inode.kind === 'symbolic link' && !has(O_PATH)) throw new FileSystemError('ELOOP', `ELOOP: ${path}`);
  if (has(constants.O_DIRECTORY) && inode.kind !== 'directory')
    throw new FileSystemError('ENOTDIR', `ENOTDIR: ${path}`);
  return inode;
}

function isProc(path: string): boolean {
  return path === '/proc/self' || path === '/proc/self/fd';
}

/** A descriptor itself is a magic link: what it leads to is meant. */
function isHandle(path: string): boolean {
  return /^\/proc\/self\/fd\/\d+$/.test(path);
}

function directoryOf(inode: Inode): DirectoryNode {
  if (inode.kind === 'directory') return inode;
  throw new FileSystemError('ENOTDIR', 'ENOTDIR: it is no directory');
}

function fileOf(inode: Inode): FileNode {
  if (inode.kind === 'file') return inode;
  throw new FileSystemError('EISDIR', 'EISDIR: it is no file');
}
