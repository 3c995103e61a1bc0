import type { BigIntStats } from 'node:fs';
import { FileSystemError } from '../../engine/file-system-error.js';
import type { Inventory } from '../../engine/inspection.js';
import { isTransient } from '../../engine/steps/payload.js';
import type { DirectoryHandle } from './directory-handle.js';
import { errnoOf, isMissing, isNotDirectory } from './errno.js';
import { type Entry, kindOf, type Os } from './os.js';
import { isSettled } from './racy-time.js';
import { Slices } from './slices.js';
import { below, type Tree } from './tree.js';

/** A tree that exceeds them is no checkpoint: it is refused before it costs memory and descriptors (invariant 15). */
export interface WalkLimits {
  readonly depth: number;
  readonly entries: number;
}
const WALK_LIMITS: WalkLimits = { depth: 64, entries: 2_000_000 };

export interface Walked {
  readonly tree: Tree;
  /** Change times of the tree's directories and files, row by row. */
  readonly changeTimes: { readonly directories: readonly bigint[]; readonly files: readonly bigint[] };
  /** No directory changed while it was walked. */
  readonly stable: boolean;
}

/** Every entry below a directory but transient ones, lstat'ed through handles. Throws where something cannot be read. */
export async function walk(os: Os, root: DirectoryHandle, limits: WalkLimits = WALK_LIMITS): Promise<Walked> {
  const walker = new Walker(os, limits);
  await walker.visit(root, '', 0);
  return { tree: walker.tree, changeTimes: walker.changeTimes, stable: walker.stable };
}

class Walker {
  stable = true;
  private readonly os: Os;
  private readonly limits: WalkLimits;
  private readonly slices: Slices;
  private readonly now: bigint;
  private entries = 0;
  private irregular: Inventory['irregular'] = null;
  private readonly directories = {
    path: [] as string[],
    inode: [] as bigint[],
    mtimeNs: [] as bigint[],
    ctimeNs: [] as bigint[],
    mode: [] as number[],
    gid: [] as number[],
    fileEnd: [] as number[],
  };
  private readonly files = {
    name: [] as string[],
    inode: [] as bigint[],
    mtimeNs: [] as bigint[],
    size: [] as number[],
  };

  readonly changeTimes = { directories: [] as bigint[], files: [] as bigint[] };

  constructor(os: Os, limits: WalkLimits) {
    this.os = os;
    this.slices = new Slices(os.time);
    this.now = os.time.wallNs();
    this.limits = limits;
  }

  get tree(): Tree {
    return { directories: this.directories, files: this.files, irregular: this.irregular };
  }

  async visit(handle: DirectoryHandle, path: string, depth: number): Promise<void> {
    const { os, slices } = this;
    const before = os.fstat('inventory directory', handle.fd);
    const names = os.readdir('inventory directory', handle.address).sort(byName);
    this.count(names.length, depth);
    const children: string[] = [];
    for (const entry of names) {
      if (slices.due()) await slices.rest();
      if (isTransient(entry.name)) continue;
      if (entry.kind === 'directory') children.push(entry.name);
      else if (this.addEntry(handle, path, entry)) children.push(entry.name);
    }
    this.addDirectory(path, before);
    for (const name of children) await this.descend(handle, path, name, depth);
    if (os.fstat('inventory directory', handle.fd).mtimeNs !== before.mtimeNs) this.stable = false;
  }

  /** True when the entry turns out to be a directory, whose kind the filesystem did not give with its name. */
  private addEntry(handle: DirectoryHandle, path: string, { name }: Entry): boolean {
    let stats: BigIntStats;
    try {
      stats = this.os.lstat('inventory file', handle.at(name));
    } catch (error) {
      this.vanished(error, below(path, name));
      return false;
    }
    const kind = kindOf(stats);
    if (kind === 'directory') return true;
    if (kind === 'file') {
      this.files.name.push(name);
      this.files.inode.push(stats.ino);
      this.files.mtimeNs.push(stats.mtimeNs);
      this.files.size.push(Number(stats.size));
      this.changeTimes.files.push(stats.ctimeNs);
    } else {
      this.irregular ??= { path: below(path, name), kind: kind === 'unknown' ? 'device' : kind };
    }
    return false;
  }

  private addDirectory(path: string, stats: BigIntStats): void {
    this.changeTimes.directories.push(stats.ctimeNs);
    this.directories.path.push(path);
    this.directories.inode.push(stats.ino);
    this.directories.mtimeNs.push(stats.mtimeNs);
    this.directories.ctimeNs.push(isSettled(stats, this.now) ? stats.ctimeNs : 0n);
    this.directories.mode.push(Number(stats.mode) & 0o7777);
    this.directories.gid.push(Number(stats.gid));
    this.directories.fileEnd.push(this.files.name.length);
  }

  private async descend(parent: DirectoryHandle, path: string, name: string, depth: number): Promise<void> {
    let child: DirectoryHandle;
    try {
      child = parent.child('inventory directory', name);
    } catch (error) {
      this.vanished(error, below(path, name));
      return;
    }
    try {
      await this.visit(child, below(path, name), depth + 1);
    } finally {
      child.close();
    }
  }

  /** An entry that went, or became another kind, since its directory was read is a change; anything else is trouble. */
  private vanished(error: unknown, path: string): void {
    const errno = errnoOf(error);
    if (!isMissing(errno) && !isNotDirectory(errno)) throw error;
    // Such a name does not come back as the bytes that it was read as: the entry can never be found by it.
    if (path.includes('\ufffd'))
      throw new FileSystemError('EILSEQ', `the name ${JSON.stringify(path)} is not valid UTF-8`);
    this.stable = false;
  }

  private count(more: number, depth: number): void {
    this.entries += more;
    if (depth > this.limits.depth)
      throw new FileSystemError('E2BIG', `directories are nested deeper than ${this.limits.depth} levels`);
    if (this.entries > this.limits.entries)
      throw new FileSystemError('E2BIG', `there are more than ${this.limits.entries} entries`);
  }
}

/** By code units: the same order everywhere, whatever the locale. */
function byName(a: Entry, b: Entry): number {
  if (a.name < b.name) return -1;
  return a.name > b.name ? 1 : 0;
}
