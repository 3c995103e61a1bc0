import { createHash } from 'node:crypto';
import { at, fileStart, type Tree } from './tree.js';

/**
 * SHA-256 over every entry's path, kind, size and modification time (of files only: a copied directory has its own). Times count in
 * microseconds, because that is as fine as Node can set one on a copy. NUL ends every field: no name holds one.
 */
export function treeDigest(tree: Tree): string {
  const { directories, files, irregular } = tree;
  const hash = createHash('sha256');
  for (let row = 0; row < directories.path.length; row++) {
    // Files stand below the heading of their directory, which spells out their path.
    let text = `d\0${at(directories.path, row)}\0`;
    for (let file = fileStart(directories, row); file < at(directories.fileEnd, row); file++)
      text += `f\0${at(files.name, file)}\0${at(files.size, file)}\0${microseconds(at(files.mtimeNs, file))}\0`;
    hash.update(text);
  }
  if (irregular !== null) hash.update(`x\0${irregular.path}\0${irregular.kind}\0`);
  return hash.digest('hex');
}

export function microseconds(ns: bigint): bigint {
  return ns / 1000n;
}
