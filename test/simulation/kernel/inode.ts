import type { BigIntStats } from 'node:fs';

interface Common {
  readonly ino: bigint;
  /** 0 where the filesystem keeps none. */
  readonly birthNs: bigint;
  /** Descriptors that are open on it: its number is not given away. */
  opens: number;
  mode: number;
  gid: number;
  links: number;
  atimeNs: bigint;
  mtimeNs: bigint;
  ctimeNs: bigint;
}

export interface FileNode extends Common {
  readonly kind: 'file';
  content: Uint8Array;
  /** What a power cut leaves of it. */
  durable: Uint8Array;
  /** The directories that have it under some name, one for each name. */
  readonly places: DirectoryNode[];
}

export interface DirectoryNode extends Common {
  readonly kind: 'directory';
  readonly entries: Map<string, Inode>;
  /** Null for the root, and for one that was removed. */
  parent: DirectoryNode | null;
}

export interface LinkNode extends Common {
  readonly kind: 'symbolic link';
  readonly target: string;
}

export type Inode = FileNode | DirectoryNode | LinkNode;

const DEVICE = 64_769n;

/** What a stat shows, as it was at that moment. */
class Stats {
  readonly dev = DEVICE;
  readonly uid = 1000n;
  readonly ino: bigint;
  readonly mode: bigint;
  readonly nlink: bigint;
  readonly gid: bigint;
  readonly size: bigint;
  readonly atimeNs: bigint;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
  readonly birthtimeNs: bigint;
  private readonly kind: Inode['kind'];

  constructor(inode: Inode) {
    this.kind = inode.kind;
    this.ino = inode.ino;
    this.mode = BigInt(inode.mode);
    this.nlink = BigInt(inode.links);
    this.gid = BigInt(inode.gid);
    this.size = BigInt(inode.kind === 'file' ? inode.content.length : 4096);
    this.atimeNs = inode.atimeNs;
    this.mtimeNs = inode.mtimeNs;
    this.ctimeNs = inode.ctimeNs;
    this.birthtimeNs = inode.birthNs;
  }

  isFile(): boolean {
    return this.kind === 'file';
  }
  isDirectory(): boolean {
    return this.kind === 'directory';
  }
  isSymbolicLink(): boolean {
    return this.kind === 'symbolic link';
  }
  isFIFO(): boolean {
    return false;
  }
  isSocket(): boolean {
    return false;
  }
  isCharacterDevice(): boolean {
    return false;
  }
  isBlockDevice(): boolean {
    return false;
  }
}

export function statsOf(inode: Inode): BigIntStats {
  // The adapter asks for nothing else, and millions of these are made.
  return new Stats(inode) as unknown as BigIntStats;
}
