import type { Inventory } from '../../engine/inspection.js';
import type { DirectoryColumns, FileColumns, Tree } from './tree.js';
import { treeDigest } from './tree-digest.js';

/*
 * Layout, each part aligned to 8 bytes; the directories come first, because audits need only them:
 *   header       4 × uint32: directories, files, bytes of directory paths, bytes of file names
 *   directories  inode u64[], mtimeNs i64[], ctimeNs i64[], mode u32[], gid u32[], fileEnd u32[], paths joined by NUL
 *   files        inode u64[], mtimeNs i64[], size f64[], names joined by '/'
 */
const HEADER_BYTES = 16;

/** Views onto the shared memory itself: a time written to a column is seen by every thread that holds the inventory. */
export interface SharedDirectories extends DirectoryColumns {
  readonly inode: BigUint64Array;
  readonly mtimeNs: BigInt64Array;
  readonly ctimeNs: BigInt64Array;
  readonly mode: Uint32Array;
  readonly gid: Uint32Array;
  readonly fileEnd: Uint32Array;
}

/** @param digest when it is known already, because every entry was compared with another tree's. */
export function encodeInventory(
  tree: Tree,
  payload: readonly string[],
  digest: string = treeDigest(tree, payload),
): Inventory {
  const { directories, files } = tree;
  const paths = Buffer.from(directories.path.join('\0'));
  const names = Buffer.from(files.name.join('/'));
  const counts = [directories.path.length, files.name.length, paths.length, names.length] as const;
  const bytes = new SharedArrayBuffer(sizeOf(...counts));
  new Uint32Array(bytes, 0, 4).set(counts);
  const cursor = new Cursor(bytes, HEADER_BYTES);
  const toDirectories = directoryViews(cursor, counts[0]);
  toDirectories.inode.set(directories.inode);
  toDirectories.mtimeNs.set(directories.mtimeNs);
  toDirectories.ctimeNs.set(directories.ctimeNs);
  toDirectories.mode.set(directories.mode);
  toDirectories.gid.set(directories.gid);
  toDirectories.fileEnd.set(directories.fileEnd);
  cursor.text(paths.length).set(paths);
  const toFiles = fileViews(cursor, counts[1]);
  toFiles.inode.set(files.inode);
  toFiles.mtimeNs.set(files.mtimeNs);
  toFiles.size.set(files.size);
  cursor.text(names.length).set(names);
  const sizeBytes = toFiles.size.reduce((sum, size) => sum + size, 0);
  return { bytes, digest, payload, fileCount: counts[1], sizeBytes, irregular: tree.irregular };
}

export function decodeDirectories({ bytes }: Inventory): SharedDirectories {
  const [directories, , pathBytes] = header(bytes);
  const cursor = new Cursor(bytes, HEADER_BYTES);
  const views = directoryViews(cursor, directories);
  return { ...views, path: cursor.text(pathBytes).toString().split('\0') };
}

export function decodeFiles({ bytes }: Inventory): FileColumns {
  const [directories, files, pathBytes, nameBytes] = header(bytes);
  const cursor = new Cursor(bytes, HEADER_BYTES);
  directoryViews(cursor, directories);
  cursor.text(pathBytes);
  const views = fileViews(cursor, files);
  return { ...views, name: files === 0 ? [] : cursor.text(nameBytes).toString().split('/') };
}

function header(bytes: SharedArrayBuffer): [number, number, number, number] {
  const [directories = 0, files = 0, paths = 0, names = 0] = new Uint32Array(bytes, 0, 4);
  return [directories, files, paths, names];
}

function sizeOf(directories: number, files: number, pathBytes: number, nameBytes: number): number {
  const columns = directories * 24 + 3 * aligned(directories * 4) + files * 24;
  return HEADER_BYTES + columns + aligned(pathBytes) + aligned(nameBytes);
}

function directoryViews(cursor: Cursor, count: number): Omit<SharedDirectories, 'path'> {
  return {
    inode: cursor.unsigned(count),
    mtimeNs: cursor.signed(count),
    ctimeNs: cursor.signed(count),
    mode: cursor.small(count),
    gid: cursor.small(count),
    fileEnd: cursor.small(count),
  };
}

function fileViews(cursor: Cursor, count: number) {
  return { inode: cursor.unsigned(count), mtimeNs: cursor.signed(count), size: cursor.double(count) };
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / 8) * 8;
}

class Cursor {
  private readonly bytes: SharedArrayBuffer;
  private offset: number;

  constructor(bytes: SharedArrayBuffer, offset: number) {
    this.bytes = bytes;
    this.offset = offset;
  }

  unsigned(count: number): BigUint64Array {
    return new BigUint64Array(this.bytes, this.take(count * 8), count);
  }

  signed(count: number): BigInt64Array {
    return new BigInt64Array(this.bytes, this.take(count * 8), count);
  }

  double(count: number): Float64Array {
    return new Float64Array(this.bytes, this.take(count * 8), count);
  }

  small(count: number): Uint32Array {
    return new Uint32Array(this.bytes, this.take(count * 4), count);
  }

  text(length: number): Buffer {
    return Buffer.from(this.bytes, this.take(length), length);
  }

  private take(length: number): number {
    const start = this.offset;
    this.offset += aligned(length);
    return start;
  }
}
