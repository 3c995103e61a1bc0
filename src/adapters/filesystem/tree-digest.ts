import { createHash } from 'node:crypto';
import { isPayload, leadsToPayload } from '../../engine/steps/payload.js';
import { at, below, fileStart, type Tree } from './tree.js';

/**
 * SHA-256 over the path, kind, size and modification time of everything that is payload (times of files only: a copied directory has its own). Times
 * count in microseconds, because that is as fine as Node can set one on a copy. NUL ends every field: no name holds one.
 */
export function treeDigest(tree: Tree, payload: readonly string[]): string {
  const { directories, files, irregular } = tree;
  const hash = createHash('sha256');
  for (let row = 0; row < directories.path.length; row++) {
    const directory = at(directories.path, row);
    if (!leadsToPayload(payload, directory)) continue;
    // Files stand below the heading of their directory, which spells out their path.
    let text = `d\0${directory}\0`;
    for (let file = fileStart(directories, row); file < at(directories.fileEnd, row); file++) {
      if (!isPayload(payload, below(directory, at(files.name, file)))) continue;
      text += `f\0${at(files.name, file)}\0${at(files.size, file)}\0${microseconds(at(files.mtimeNs, file))}\0`;
    }
    hash.update(text);
  }
  if (irregular !== null) hash.update(`x\0${irregular.path}\0${irregular.kind}\0`);
  return hash.digest('hex');
}

export function microseconds(ns: bigint): bigint {
  return ns / 1000n;
}
