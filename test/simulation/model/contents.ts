import { isTransient } from '../../../src/engine/steps/payload.js';
import type { DirectoryNode } from '../kernel/inode.js';

/** Every file of a step's payload with its bytes, by path. */
export type Contents = ReadonlyMap<string, Uint8Array>;

/** Names on a step's top level that trainers of a simulation give to what is no part of the checkpoint. */
export const BESIDE = 'evaluation';

/** What no file has: stands for an entry that is neither a file nor a directory. */
const IRREGULAR = new TextEncoder().encode('not a file');

export function contentsOf(directory: DirectoryNode): Contents {
  const found = new Map<string, Uint8Array>();
  collect(directory, '', found);
  return found;
}

function collect(directory: DirectoryNode, path: string, found: Map<string, Uint8Array>): void {
  for (const [name, inode] of directory.entries) {
    if (isTransient(name) || (path === '' && name.startsWith(BESIDE))) continue;
    const below = path === '' ? name : `${path}/${name}`;
    if (inode.kind === 'directory') collect(inode, below, found);
    else found.set(below, inode.kind === 'file' ? inode.content : IRREGULAR);
  }
}

/** How one differs from the other, in a few words; null: they are equal. */
export function differenceOf(one: Contents, other: Contents): string | null {
  for (const [path, bytes] of one) {
    const counterpart = other.get(path);
    if (counterpart === undefined) return `${path} is missing`;
    if (!isSame(bytes, counterpart)) return `${path} has other bytes`;
  }
  for (const path of other.keys()) if (!one.has(path)) return `${path} is too much`;
  return null;
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one === other || Buffer.compare(one, other) === 0;
}
