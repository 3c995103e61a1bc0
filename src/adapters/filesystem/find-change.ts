import type { BigIntStats } from 'node:fs';
import type { Change, Inventory, Vanished } from '../../engine/inspection.js';
import { CHECKPOINT_METADATA_FILE } from '../../engine/steps/checkpoint-metadata.js';
import { DELETION_RECORD_FILE, isPayload, isTransient, leadsToPayload } from '../../engine/steps/payload.js';
import type { DirectoryHandle } from './directory-handle.js';
import { errnoOf, isMissing } from './errno.js';
import { decodeDirectories, decodeFiles, type SharedDirectories } from './inventory-codec.js';
import type { Os } from './os.js';
import { isSettled } from './racy-time.js';
import { Slices } from './slices.js';
import { at, below, depthOf, type FileColumns, fileStart, lastPart } from './tree.js';

/**
 * Which files are looked at. Where the times of a directory are as they were, nothing was removed from it, added to it or renamed in it; only a
 * look at all files shows one that was written in place.
 */
export type Scrutiny = 'all' | 'where_directories_changed';

/** The first entry of an inventory's payload that is not there any more or is another one. Added entries are no loss. */
export async function findVanished(
  os: Os,
  root: DirectoryHandle,
  inventory: Inventory,
): Promise<Vanished | null> {
  const change = await new Comparison(os, root, inventory, 'where_directories_changed', false).run();
  return change === null
    ? null
    : { path: change.path, how: change.how === 'missing' ? 'missing' : 'replaced' };
}

/** The first difference of a step's payload from its inventory: something went, was replaced, was written to, or came. */
export function findChange(
  os: Os,
  root: DirectoryHandle,
  inventory: Inventory,
  scrutiny: Scrutiny,
): Promise<Change | null> {
  return new Comparison(os, root, inventory, scrutiny, true).run();
}

class Comparison {
  private readonly os: Os;
  private readonly root: DirectoryHandle;
  private readonly payload: readonly string[];
  private readonly directories: SharedDirectories;
  private readonly inventory: Inventory;
  private readonly scrutiny: Scrutiny;
  private readonly countsGrowth: boolean;
  private readonly slices: Slices;
  private files: FileColumns | null = null;

  constructor(
    os: Os,
    root: DirectoryHandle,
    inventory: Inventory,
    scrutiny: Scrutiny,
    countsGrowth: boolean,
  ) {
    this.os = os;
    this.slices = new Slices(os.time);
    this.root = root;
    this.inventory = inventory;
    this.payload = inventory.payload;
    this.directories = decodeDirectories(inventory);
    this.scrutiny = scrutiny;
    this.countsGrowth = countsGrowth;
  }

  async run(): Promise<Change | null> {
    const { directories } = this;
    for (let row = 0; row < directories.path.length; row++) {
      if (this.slices.due()) await this.slices.rest();
      const path = at(directories.path, row);
      if (!leadsToPayload(this.payload, path)) continue;
      const change = await this.compareDirectory(row, path);
      if (change !== null) return change;
    }
    return null;
  }

  private async compareDirectory(row: number, path: string): Promise<Change | null> {
    const { os, root, directories } = this;
    const now = os.time.wallNs();
    const stats = path === '' ? os.fstat('audit directory', root.fd) : this.look('audit directory', path);
    if (stats === null || stats.nlink === 0n) return { path, how: 'missing' };
    if (!stats.isDirectory() || stats.ino !== at(directories.inode, row)) return { path, how: 'replaced' };
    const isUnchanged =
      stats.mtimeNs === at(directories.mtimeNs, row) && stats.ctimeNs === at(directories.ctimeNs, row);
    if (isUnchanged && this.scrutiny === 'where_directories_changed') return null;
    const change = await this.compareFiles(row, path);
    if (change !== null || isUnchanged) return change;
    const added = this.countsGrowth ? this.findAdded(row, path) : null;
    if (added !== null) return { path: added, how: 'added' };
    if (isSettled(stats, now)) remember(directories, row, stats);
    return null;
  }

  private async compareFiles(row: number, directory: string): Promise<Change | null> {
    const files = this.decoded();
    const end = at(this.directories.fileEnd, row);
    for (let file = fileStart(this.directories, row); file < end; file++) {
      if (this.slices.due()) await this.slices.rest();
      const path = below(directory, at(files.name, file));
      if (!isPayload(this.payload, path)) continue;
      const stats = this.look('audit file', path);
      if (stats === null) return { path, how: 'missing' };
      if (!isSameFile(stats, files, file)) return { path, how: 'replaced' };
    }
    return null;
  }

  /** An entry of the payload that the inventory does not have; null: there is none. */
  private findAdded(row: number, directory: string): string | null {
    const known = new Set<string>();
    const files = this.decoded();
    const end = at(this.directories.fileEnd, row);
    for (let file = fileStart(this.directories, row); file < end; file++) known.add(at(files.name, file));
    const depth = depthOf(directory) + 1;
    // Rows stand in the order of a walk: what is below a directory follows it.
    for (let child = row + 1; child < this.directories.path.length; child++) {
      const path = at(this.directories.path, child);
      if (directory !== '' && !path.startsWith(`${directory}/`)) break;
      if (depthOf(path) === depth) known.add(lastPart(path));
    }
    const address = directory === '' ? this.root.address : this.root.at(directory);
    for (const name of this.os.names('audit names', address)) {
      const path = below(directory, name);
      if (known.has(name) || isTransient(name) || !this.countsWhenAdded(path)) continue;
      if (this.inventory.irregular === null || this.isRegular(path)) return path;
    }
    return null;
  }

  /** An inventory names only the first of its links and special files: the others cannot be told from new ones. */
  private isRegular(path: string): boolean {
    const stats = this.look('audit names', path);
    return stats === null || stats.isFile() || stats.isDirectory();
  }

  /** Beside the items of a step only what says something about it is news: everything else there may be anybody's. */
  private countsWhenAdded(path: string): boolean {
    if (path === DELETION_RECORD_FILE || path === CHECKPOINT_METADATA_FILE) return true;
    return isPayload(this.payload, path) && !(this.payload.length > 0 && !path.includes('/'));
  }

  private decoded(): FileColumns {
    this.files ??= decodeFiles(this.inventory);
    return this.files;
  }

  private look(purpose: string, path: string): BigIntStats | null {
    try {
      return this.os.lstat(purpose, this.root.at(path));
    } catch (error) {
      if (isMissing(errnoOf(error))) return null;
      throw error;
    }
  }
}

/**
 * The files were all there after these times were read: from now on equal times mean that again. Another thread that reads the
 * two columns meanwhile finds at worst a pair that matches nothing, and looks for itself.
 */
function remember(directories: SharedDirectories, row: number, stats: BigIntStats): void {
  directories.mtimeNs[row] = stats.mtimeNs;
  directories.ctimeNs[row] = stats.ctimeNs;
}

/** The inode, and nothing written to it since. */
export function isSameFile(stats: BigIntStats, files: FileColumns, row: number): boolean {
  return (
    stats.isFile() &&
    stats.ino === at(files.inode, row) &&
    stats.mtimeNs === at(files.mtimeNs, row) &&
    Number(stats.size) === at(files.size, row)
  );
}
