import { createHash } from 'node:crypto';
import type { TakenInventory } from '../../engine/inspection.js';
import { CHECKPOINT_METADATA_FILE } from '../../engine/steps/checkpoint-metadata.js';
import { COMMIT_SUCCESS_FILE } from '../../engine/steps/commit-marker.js';
import { isPayload, leadsToPayload } from '../../engine/steps/payload.js';
import type { DirectoryHandle } from './directory-handle.js';
import { encodeInventory } from './inventory-codec.js';
import type { Os } from './os.js';
import { at, below, fileStart } from './tree.js';
import { type Walked, walk } from './walk.js';

const MARKS = [CHECKPOINT_METADATA_FILE, COMMIT_SUCCESS_FILE] as const;

/**
 * An inventory, and when and how its payload last changed (see `TakenInventory`), and whether any file of it is more than a mark. A tree that changes while it is walked gets a second chance; one
 * that changes then, too, is reported as it was seen.
 *
 * @param topMtimeNs modification time of the directory when its top level was read; null: that was not read.
 */
export async function takeInventory(
  os: Os,
  directory: DirectoryHandle,
  payload: readonly string[],
  commitMarker: string = COMMIT_SUCCESS_FILE,
  topMtimeNs: bigint | null = null,
): Promise<{ readonly inventory: TakenInventory; readonly hasPayload: boolean }> {
  let walked = await walk(os, directory);
  if (!walked.stable) walked = await walk(os, directory);
  const inventory = encodeInventory(walked.tree, payload);
  // What was read of the top level before and the tree are of one moment, or they are of none.
  const isStable =
    walked.stable && (topMtimeNs === null || at(walked.tree.directories.mtimeNs, 0) === topMtimeNs);
  const { hasPayload, ...times } = timesOf(
    { ...walked, stable: isStable },
    payload,
    inventory.digest,
    new Set([...MARKS, commitMarker]),
    () => os.time.unique(),
  );
  return { inventory: { ...inventory, ...times, isStable }, hasPayload };
}

function timesOf(
  { tree, changeTimes, stable }: Walked,
  payload: readonly string[],
  digest: string,
  marks: ReadonlySet<string>,
  unique: () => string,
): Pick<TakenInventory, 'fingerprint' | 'changedNs' | 'changedBelowNs'> & { readonly hasPayload: boolean } {
  const { directories, files } = tree;
  const facts: bigint[] = [];
  let changedNs = 0n;
  let changedBelowNs = 0n;
  let hasPayload = false;
  const note = (changeTime: bigint, isBelow: boolean) => {
    if (changeTime > changedNs) changedNs = changeTime;
    if (isBelow && changeTime > changedBelowNs) changedBelowNs = changeTime;
  };
  for (let row = 0; row < directories.path.length; row++) {
    const path = at(directories.path, row);
    if (!leadsToPayload(payload, path)) continue;
    facts.push(at(directories.inode, row));
    // Beside items everything may come and go, which the directory's own times show.
    if (path !== '' || payload.length === 0) {
      note(at(changeTimes.directories, row), path !== '');
      facts.push(at(changeTimes.directories, row));
    }
    for (let file = fileStart(directories, row); file < at(directories.fileEnd, row); file++) {
      const name = at(files.name, file);
      if (!isPayload(payload, below(path, name))) continue;
      const isMark = path === '' && marks.has(name);
      note(at(changeTimes.files, file), !isMark);
      hasPayload ||= !isMark;
      facts.push(at(files.inode, file), at(files.mtimeNs, file), at(changeTimes.files, file));
    }
  }
  // No fingerprint of an unstable tree equals any other.
  const hash = createHash('sha256').update(digest).update(BigInt64Array.from(facts, toSigned));
  if (!stable) hash.update(unique());
  return {
    fingerprint: hash.digest('hex'),
    changedNs: String(changedNs),
    changedBelowNs: String(changedBelowNs),
    hasPayload,
  };
}

function toSigned(value: bigint): bigint {
  return BigInt.asIntN(64, value);
}
