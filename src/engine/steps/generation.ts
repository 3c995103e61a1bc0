import type { Identity } from '../inspection.js';
import type { StepEntry } from './step.js';

/**
 * A generation is one particular saving of a step: inode and birth time of its directory, and its commit time. Never the device number, which a remount
 * changes; the inode alone is not enough, since ext4 gives it to the next directory within milliseconds. Where neither time is
 * known, the modification time at discovery stands in. The text is path-safe: snapshots are stored under it.
 *
 * @param replaced the generation that was changed in place and is now another one; its directory and commit time may be the same.
 */
export function generationOf(
  identity: Identity,
  committedAtNs: string | null,
  replaced: string | null = null,
): string {
  const moment = committedAtNs ?? (identity.birthtimeNs === null ? identity.mtimeNs : null);
  const saving = `${directoryOf(identity)}-${base36(moment)}`;
  if (replaced === null) return saving;
  const revision = Number.parseInt(partsOf(replaced).revision, 36);
  return `${saving}-${(revision + 1).toString(36)}`;
}

/** Whether a directory, as it is now, still is the saving that an entry was made from. */
export function isSameSaving(entry: StepEntry, identity: Identity, committedAtNs: string | null): boolean {
  if (entry.generation === null) return entry.inode === identity.inode;
  const { directory, moment } = partsOf(entry.generation);
  if (directory !== directoryOf(identity)) return false;
  if (identity.birthtimeNs !== null) return true;
  // Without birth times an inode proves little. A metadata file that is gone proves nothing; one with another commit time is another saving.
  const hadCommitTime = entry.committedAt !== null;
  return committedAtNs === null || !hadCommitTime || moment === base36(committedAtNs);
}

export function sameDirectory(one: Identity, other: Identity): boolean {
  return one.inode === other.inode && one.birthtimeNs === other.birthtimeNs;
}

function partsOf(generation: string): { directory: string; moment: string; revision: string } {
  const [inode = '', birth = '', moment = '', revision = '1'] = generation.split('-');
  return { directory: `${inode}-${birth}`, moment, revision };
}

function directoryOf(identity: Identity): string {
  return `${base36(identity.inode)}-${base36(identity.birthtimeNs)}`;
}

function base36(decimal: string | null): string {
  return decimal === null ? '0' : BigInt(decimal).toString(36);
}
