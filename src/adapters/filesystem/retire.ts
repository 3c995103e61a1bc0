import type { RetirePlan, RetireResult } from '../../engine/file-system.js';
import { DirectoryHandle, entryName } from './directory-handle.js';
import { errnoOf, sentenceOf } from './errno.js';
import type { Os } from './os.js';

/** Durable before it returns: a release that was acknowledged must not come back after a power cut (invariant 6). */
export function retire(os: Os, { snapshotDirectory, name, trashName }: RetirePlan): RetireResult {
  entryName(name);
  entryName(trashName);
  let handle: DirectoryHandle;
  try {
    handle = DirectoryHandle.open(os, 'open snapshot directory', snapshotDirectory);
  } catch (error) {
    return outcomeOf(error, snapshotDirectory);
  }
  try {
    os.rename('retire snapshot', handle.at(name), handle.at(trashName));
    os.fsync('sync retirement', handle.fd);
    return { outcome: 'retired' };
  } catch (error) {
    return outcomeOf(error, `${snapshotDirectory}/${name}`);
  } finally {
    handle.close();
  }
}

function outcomeOf(error: unknown, path: string): RetireResult {
  const errno = errnoOf(error);
  if (errno === 'ENOENT') return { outcome: 'absent' };
  return { outcome: 'failed', errno, detail: `${path} cannot be retired: ${sentenceOf(error)}.` };
}
