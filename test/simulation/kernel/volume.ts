import { FileSystemError } from '../../../src/engine/file-system-error.js';
import type { Chance } from '../chance.js';
import type { DirectoryNode, FileNode, Inode, LinkNode } from './inode.js';
import type { Inodes } from './inodes.js';
import { Journal } from './journal.js';

/** An entry that came, went, or leads to another inode now. */
export interface EntryChange {
  readonly directory: DirectoryNode;
  readonly name: string;
  readonly before: Inode | null;
  readonly after: Inode | null;
  /** Of a rename: told first for the old name, then for the new one, with nothing in between. */
  readonly isRename: boolean;
}

export interface VolumeListener {
  entryChanged(change: EntryChange): void;
  /** Content, mode or times; not what `entryChanged` tells. */
  inodeChanged(inode: Inode): void;
}

/** A filesystem as its users see it: a tree of inodes, changed by calls that are atomic and that may fail. */
export class Volume {
  readonly root: DirectoryNode;
  readonly inodes: Inodes;
  /** On whose behalf the next calls are made. */
  actor = 'nobody';
  readonly #journal = new Journal();
  readonly #listeners: VolumeListener[] = [];

  constructor(inodes: Inodes) {
    this.inodes = inodes;
    this.root = inodes.directory(null, 0o755);
    this.root.links = 2;
  }

  /** Runs calls on behalf of somebody. */
  as<T>(actor: string, calls: () => T): T {
    const before = this.actor;
    this.actor = actor;
    try {
      return calls();
    } finally {
      this.actor = before;
    }
  }

  listen(listener: VolumeListener): void {
    this.#listeners.push(listener);
  }

  create(
    directory: DirectoryNode,
    name: string,
    mode: number,
    content: Uint8Array = new Uint8Array(),
  ): FileNode {
    this.#expectFree(directory, name);
    const file = this.inodes.file(content, mode);
    this.#set(directory, name, file);
    return file;
  }

  symlink(directory: DirectoryNode, name: string, target: string): LinkNode {
    this.#expectFree(directory, name);
    const link = this.inodes.link(target);
    this.#set(directory, name, link);
    return link;
  }

  mkdir(directory: DirectoryNode, name: string, mode: number): DirectoryNode {
    this.#expectFree(directory, name);
    const made = this.inodes.directory(directory, mode);
    this.#set(directory, name, made);
    return made;
  }

  link(inode: Inode, directory: DirectoryNode, name: string): void {
    if (inode.kind === 'directory') throw new FileSystemError('EPERM', 'EPERM: a directory has one name');
    this.#expectFree(directory, name);
    this.#set(directory, name, inode);
  }

  unlink(directory: DirectoryNode, name: string): void {
    const inode = entryOf(directory, name);
    if (inode.kind === 'directory') throw new FileSystemError('EISDIR', 'EISDIR: it is a directory');
    this.#set(directory, name, null);
  }

  rmdir(directory: DirectoryNode, name: string): void {
    const inode = entryOf(directory, name);
    if (inode.kind !== 'directory') throw new FileSystemError('ENOTDIR', 'ENOTDIR: it is no directory');
    if (inode.entries.size > 0) throw new FileSystemError('ENOTEMPTY', 'ENOTEMPTY: it is not empty');
    this.#set(directory, name, null);
  }

  rename(from: DirectoryNode, oldName: string, to: DirectoryNode, newName: string): void {
    const inode = entryOf(from, oldName);
    const replaced = to.entries.get(newName) ?? null;
    if (replaced === inode) return;
    if (replaced !== null) expectReplaceable(inode, replaced);
    this.#set(from, oldName, null, true);
    this.#set(to, newName, inode, true);
  }

  write(file: FileNode, content: Uint8Array, mtimeNs = this.inodes.nowNs()): void {
    const { content: before, mtimeNs: oldNs } = file;
    file.content = content;
    file.mtimeNs = mtimeNs;
    this.#changed(file, () => Object.assign(file, { content: before, mtimeNs: oldNs }));
  }

  setMode(inode: Inode, mode: number): void {
    const { mode: before } = inode;
    inode.mode = (inode.mode & ~0o7777) | mode;
    this.#changed(inode, () => Object.assign(inode, { mode: before }));
  }

  setTimes(inode: Inode, mtimeNs: bigint): void {
    const { mtimeNs: before } = inode;
    inode.mtimeNs = mtimeNs;
    this.#changed(inode, () => Object.assign(inode, { mtimeNs: before }));
  }

  /** The content of a file, and every change of names so far, survive a power cut. */
  flush(inode: Inode): void {
    if (inode.kind === 'file') inode.durable = inode.content;
    this.#journal.flush();
  }

  /** Returns how many changes were lost. */
  cutPower(chance: Chance): number {
    const lost = this.#journal.cut(chance);
    for (const inode of this.inodes.below(this.root))
      if (inode.kind === 'file') inode.content = inode.durable;
    return lost;
  }

  #changed(inode: Inode, undo: () => void): void {
    this.inodes.stampChange(inode);
    this.#journal.note(undo);
    for (const listener of this.#listeners) listener.inodeChanged(inode);
  }

  #expectFree(directory: DirectoryNode, name: string): void {
    if (directory.links === 0) throw new FileSystemError('ENOENT', 'ENOENT: the directory was removed');
    if (directory.entries.has(name)) throw new FileSystemError('EEXIST', `EEXIST: ${name} is there`);
  }

  #set(directory: DirectoryNode, name: string, after: Inode | null, isRename = false): void {
    const before = directory.entries.get(name) ?? null;
    this.#put(directory, name, before, after);
    this.inodes.stampEntry(directory);
    this.#journal.note(() => this.#put(directory, name, after, before));
    for (const listener of this.#listeners)
      listener.entryChanged({ directory, name, before, after, isRename });
  }

  #put(directory: DirectoryNode, name: string, before: Inode | null, after: Inode | null): void {
    if (before !== null) this.inodes.dropName(before, directory);
    if (after === null) directory.entries.delete(name);
    else {
      directory.entries.set(name, after);
      this.inodes.addName(after, directory);
    }
  }
}

export function entryOf(directory: DirectoryNode, name: string): Inode {
  const inode = directory.entries.get(name);
  if (inode === undefined) throw new FileSystemError('ENOENT', `ENOENT: there is no ${name}`);
  return inode;
}

function expectReplaceable(inode: Inode, replaced: Inode): void {
  if (inode.kind === 'directory') {
    if (replaced.kind !== 'directory') throw new FileSystemError('ENOTDIR', 'ENOTDIR: no directory is there');
    if (replaced.entries.size > 0) throw new FileSystemError('ENOTEMPTY', 'ENOTEMPTY: it is not empty');
  } else if (replaced.kind === 'directory')
    throw new FileSystemError('EISDIR', 'EISDIR: a directory is there');
}
