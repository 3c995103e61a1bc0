import { constants } from 'node:fs';
import { dirname } from 'node:path';
import type { Obstacle } from '../../engine/file-system.js';
import { FileSystemError } from '../../engine/file-system-error.js';
import type { Inventory } from '../../engine/inspection.js';
import { DirectoryHandle } from './directory-handle.js';
import { errnoOf, isMissing, sentenceOf } from './errno.js';
import { decodeDirectories, decodeFiles } from './inventory-codec.js';
import { mountIdOf } from './mount-table.js';
import type { Os } from './os.js';
import { remedyFor } from './remedy.js';
import { below } from './tree.js';

const CAP_FOWNER = 3n;

/** What the kernel would check of the first hard link of a step, checked without making it. */
export function linkability(
  os: Os,
  stepDirectory: string,
  inventory: Inventory,
  snapshotDirectory: string,
): Obstacle | null {
  try {
    check(os, stepDirectory, inventory, snapshotDirectory);
    return null;
  } catch (error) {
    const errno = errnoOf(error);
    // The step went: no answer, and no obstacle either.
    if (isMissing(errno)) return null;
    const remedy = remedyFor(errno, 'hardlink');
    return { errno, detail: `${sentenceOf(error)}.${remedy === '' ? '' : ` ${remedy}`}` };
  }
}

function check(os: Os, stepDirectory: string, inventory: Inventory, snapshotDirectory: string): void {
  const step = DirectoryHandle.open(os, 'probe step', stepDirectory);
  try {
    const holder = nearest(os, snapshotDirectory);
    try {
      checkMount(os, step, holder);
      checkWritable(os, holder);
    } finally {
      holder.close();
    }
    checkFile(os, step, inventory);
  } finally {
    step.close();
  }
}

/** The snapshot directory, or the ancestor that it would be made in. */
function nearest(os: Os, directory: string): DirectoryHandle {
  for (let at = directory; ; at = dirname(at)) {
    try {
      return DirectoryHandle.follow(os, 'probe snapshot directory', at);
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT' || at === dirname(at)) throw error;
    }
  }
}

/** Links cross neither filesystems nor mounts, not even two mounts of one filesystem. */
function checkMount(os: Os, step: DirectoryHandle, holder: DirectoryHandle): void {
  const sameDevice =
    os.fstat('probe step', step.fd).dev === os.fstat('probe snapshot directory', holder.fd).dev;
  if (sameDevice && mountIdOf(os, step.fd) === mountIdOf(os, holder.fd)) return;
  throw new FileSystemError('EXDEV', `${holder.path} is on another filesystem or mount than ${step.path}`);
}

function checkWritable(os: Os, holder: DirectoryHandle): void {
  try {
    os.access('probe snapshot directory', holder.address, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new FileSystemError(errnoOf(error), `${holder.path} is not writable: ${sentenceOf(error)}`);
  }
}

/** The rule of protected_hardlinks (proc_sys_fs(5)): own the file, or be able to read and write a plain one. */
function checkFile(os: Os, step: DirectoryHandle, inventory: Inventory): void {
  const path = firstFile(inventory);
  if (path === null || !linksProtected(os)) return;
  const stats = os.lstat('probe file', step.at(path));
  if (stats.uid === BigInt(process.geteuid?.() ?? -1) || overridesOwnership(os)) return;
  const full = `${step.path}/${path}`;
  const groupRuns = (stats.mode & 0o2010n) === 0o2010n;
  if ((stats.mode & 0o4000n) !== 0n || groupRuns)
    throw new FileSystemError('EPERM', `${full} belongs to another user and is set-user-ID or set-group-ID`);
  try {
    os.access('probe file', step.at(path), constants.R_OK | constants.W_OK);
  } catch {
    throw new FileSystemError('EPERM', `${full} belongs to another user and is not writable to this one`);
  }
}

function firstFile(inventory: Inventory): string | null {
  if (inventory.fileCount === 0) return null;
  const { path, fileEnd } = decodeDirectories(inventory);
  const directory = path[fileEnd.findIndex((end) => end > 0)];
  const [name] = decodeFiles(inventory).name;
  return directory === undefined || name === undefined ? null : below(directory, name);
}

function linksProtected(os: Os): boolean {
  return kernelText(os, '/proc/sys/fs/protected_hardlinks').trim() === '1';
}

/** Root, as a rule. */
function overridesOwnership(os: Os): boolean {
  const effective = /^CapEff:\s*([0-9a-f]+)/m.exec(kernelText(os, '/proc/self/status'))?.[1];
  return effective !== undefined && ((BigInt(`0x${effective}`) >> CAP_FOWNER) & 1n) === 1n;
}

function kernelText(os: Os, path: string): string {
  try {
    return os.readText('probe kernel', path);
  } catch (error) {
    errnoOf(error);
    return '';
  }
}
