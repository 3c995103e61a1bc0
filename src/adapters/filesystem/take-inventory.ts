import { hash } from 'node:crypto';
import type { Inventory } from '../../engine/file-system.js';
import type { DirectoryHandle } from './directory-handle.js';
import { encodeInventory } from './inventory-codec.js';
import type { Os } from './os.js';
import { walk } from './walk.js';

/**
 * An inventory, and a fingerprint that is equal for two of them only if nothing was added, removed or written in between. A tree that
 * changes while it is walked gets a second chance; one that changes then, too, is reported as it was seen.
 */
export async function takeInventory(
  os: Os,
  directory: DirectoryHandle,
): Promise<{ inventory: Inventory; fingerprint: string }> {
  let walked = await walk(os, directory);
  if (!walked.stable) walked = await walk(os, directory);
  const inventory = encodeInventory(walked.tree);
  const { inode, mtimeNs } = walked.tree.directories;
  // No fingerprint of an unstable tree equals any other.
  const salt = walked.stable ? '' : `${process.hrtime.bigint()}`;
  const times = `${Array.from(inode).join()} ${Array.from(mtimeNs).join()}`;
  return { inventory, fingerprint: hash('sha256', `${inventory.digest} ${times} ${salt}`) };
}
