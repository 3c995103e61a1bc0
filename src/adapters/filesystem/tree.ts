import type { Inventory } from '../../engine/inspection.js';

/**
 * Directories of a tree, parents before children, siblings by name, and their facts column by column: twenty thousand objects
 * would cost more than the walk itself. Row 0 is the tree's own directory, with path ''.
 */
export interface DirectoryColumns {
  readonly path: readonly string[];
  readonly inode: ArrayLike<bigint>;
  readonly mtimeNs: ArrayLike<bigint>;
  /** 0 while the directory had changed too recently for its times to show the next change. */
  readonly ctimeNs: ArrayLike<bigint>;
  readonly mode: ArrayLike<number>;
  readonly gid: ArrayLike<number>;
  /** Row behind the directory's last file; its first one stands where the directory before ends. */
  readonly fileEnd: ArrayLike<number>;
}

/** Regular files, in the order of their directories, siblings by name. */
export interface FileColumns {
  readonly name: readonly string[];
  readonly inode: ArrayLike<bigint>;
  readonly mtimeNs: ArrayLike<bigint>;
  readonly size: ArrayLike<number>;
}

export interface Tree {
  readonly directories: DirectoryColumns;
  readonly files: FileColumns;
  readonly irregular: Inventory['irregular'];
}

/** Column values are dense: an index within the count always has one. */
export function at<T>(column: ArrayLike<T>, row: number): T {
  const value = column[row];
  if (value === undefined) throw new RangeError(`row ${row} of ${column.length}`);
  return value;
}

export function fileStart(directories: DirectoryColumns, row: number): number {
  return row === 0 ? 0 : at(directories.fileEnd, row - 1);
}

/** Path of an entry below a directory whose own path may be ''. */
export function below(directory: string, name: string): string {
  return directory === '' ? name : `${directory}/${name}`;
}

/** How many parents a path has within the tree. */
export function depthOf(path: string): number {
  return path === '' ? 0 : path.split('/').length;
}

export function lastPart(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
