import type { BigIntStats } from 'node:fs';
import type { Inventory, Vanished } from '../../engine/file-system.js';
import type { DirectoryHandle } from './directory-handle.js';
import { errnoOf, isMissing } from './errno.js';
import { decodeDirectories, decodeFiles, type SharedDirectories } from './inventory-codec.js';
import type { Os } from './os.js';
import { isSettled, wallClockNs } from './racy-time.js';
import { Slices } from './slices.js';
import { at, below, type FileColumns, fileStart } from './tree.js';

/**
 * The first entry of an inventory that is not there any more or is another one. Only directories are looked at; the files of one
 * only when its times changed, because nothing can be removed from a directory without that. Added entries are no loss.
 */
export async function findVanished(
  os: Os,
  root: DirectoryHandle,
  inventory: Inventory,
): Promise<Vanished | null> {
  const directories = decodeDirectories(inventory);
  let files: FileColumns | null = null;
  const slices = new Slices();
  for (let row = 0; row < directories.path.length; row++) {
    if (slices.due()) await slices.rest();
    const path = at(directories.path, row);
    const now = wallClockNs();
    const stats =
      path === '' ? os.fstat('audit directory', root.fd) : look(os, 'audit directory', root, path);
    if (stats === null || stats.nlink === 0n) return { path, how: 'missing' };
    if (!stats.isDirectory() || stats.ino !== at(directories.inode, row)) return { path, how: 'replaced' };
    if (unchanged(directories, row, stats)) continue;
    files ??= decodeFiles(inventory);
    const end = at(directories.fileEnd, row);
    for (let file = fileStart(directories, row); file < end; file++) {
      if (slices.due()) await slices.rest();
      const lost = compareFile(os, root, below(path, at(files.name, file)), files, file);
      if (lost !== null) return lost;
    }
    if (isSettled(stats, now)) remember(directories, row, stats);
  }
  return null;
}

function unchanged(directories: SharedDirectories, row: number, stats: BigIntStats): boolean {
  return stats.mtimeNs === at(directories.mtimeNs, row) && stats.ctimeNs === at(directories.ctimeNs, row);
}

/**
 * The files were all there after these times were read: from now on equal times mean that again. Another thread that reads the
 * two columns meanwhile finds at worst a pair that matches nothing, and looks for itself.
 */
function remember(directories: SharedDirectories, row: number, stats: BigIntStats): void {
  directories.mtimeNs[row] = stats.mtimeNs;
  directories.ctimeNs[row] = stats.ctimeNs;
}

function compareFile(
  os: Os,
  root: DirectoryHandle,
  path: string,
  files: FileColumns,
  row: number,
): Vanished | null {
  const stats = look(os, 'audit file', root, path);
  if (stats === null) return { path, how: 'missing' };
  return isSameFile(stats, files, row) ? null : { path, how: 'replaced' };
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

function look(os: Os, purpose: string, root: DirectoryHandle, path: string): BigIntStats | null {
  try {
    return os.lstat(purpose, root.at(path));
  } catch (error) {
    if (isMissing(errnoOf(error))) return null;
    throw error;
  }
}
