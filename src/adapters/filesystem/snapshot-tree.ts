import type { Inventory, Vanished } from '../../engine/inspection.js';
import { COMMIT_SUCCESS_FILE } from '../../engine/steps/commit-marker.js';
import { payloadOf } from '../../engine/steps/payload.js';
import { DirectoryHandle, withHandle } from './directory-handle.js';
import { errnoOf, isMissing, isNotDirectory } from './errno.js';
import { findVanished } from './find-change.js';
import type { Os } from './os.js';
import { MARK } from './owner-mark.js';
import type { JoinedNames } from './protocol.js';
import { takeInventory } from './take-inventory.js';
import { readTopLevel } from './top-level.js';

/** Throws when the snapshot cannot be looked at: that is no loss yet. */
export async function auditSnapshot(os: Os, path: string, inventory: Inventory): Promise<Vanished | null> {
  let handle: DirectoryHandle;
  try {
    handle = DirectoryHandle.open(os, 'audit snapshot', path);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'ENOENT') return { path: '', how: 'missing' };
    if (isNotDirectory(errno)) return { path: '', how: 'replaced' };
    throw error;
  }
  return withHandle(handle, () => findVanished(os, handle, inventory));
}

/** Null when there is no such directory. */
export async function inventorySnapshot(os: Os, path: string): Promise<Inventory | null> {
  let handle: DirectoryHandle;
  try {
    handle = DirectoryHandle.open(os, 'inventory snapshot', path);
  } catch (error) {
    const errno = errnoOf(error);
    if (isMissing(errno) || isNotDirectory(errno)) return null;
    throw error;
  }
  return withHandle(handle, async () => {
    const { content } = readTopLevel(os, handle, COMMIT_SUCCESS_FILE);
    const metadata = content.metadata?.outcome === 'read' ? content.metadata.value : null;
    return (await takeInventory(os, handle, payloadOf(metadata, content))).inventory;
  });
}

/** Without the two files that `claim` keeps there. */
export function snapshotEntries(os: Os, snapshotDirectory: string): JoinedNames {
  let handle: DirectoryHandle;
  try {
    handle = DirectoryHandle.open(os, 'list snapshots', snapshotDirectory);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return '';
    throw error;
  }
  try {
    const names = os.readdir('list snapshots', handle.address).map((entry) => entry.name);
    return names.filter((name) => name !== MARK && name !== COMMIT_SUCCESS_FILE).join('/');
  } finally {
    handle.close();
  }
}

export function isOccupied(os: Os, path: string): boolean {
  try {
    os.lstat('look for occupant', path);
    return true;
  } catch (error) {
    if (isMissing(errnoOf(error))) return false;
    throw error;
  }
}
