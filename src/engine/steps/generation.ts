import type { Identity } from '../file-system.js';
import type { StepEntry } from './step.js';

/**
 * A generation is one particular saving of a step: inode and birth time of its directory, and its commit time. Never the device number, which a remount
 * changes; the inode alone is not enough, since ext4 gives it to the next directory within milliseconds. Where neither time is
 * known, the modification time at discovery stands in. The text is path-safe: snapshots are stored under it.
 */
export function generationOf(identity: Identity, committedAtNs: string | null): string {
  const moment = committedAtNs ?? (identity.birthtimeNs === null ? identity.mtimeNs : null);
  return `${savingOf(identity)}-${base36(moment)}`;
}

/** Whether a directory, as it is now, still is the saving that an entry was made from. */
export function isSameSaving(entry: StepEntry, identity: Identity, committedAtNs: string | null): boolean {
  if (entry.generation === null) return entry.inode === identity.inode;
  if (!entry.generation.startsWith(`${savingOf(identity)}-`)) return false;
  // A metadata file that is gone proves nothing; one with another commit time is another saving in a reused inode.
  const hadCommitTime = entry.committedAt !== null;
  return committedAtNs === null || !hadCommitTime || entry.generation.endsWith(`-${base36(committedAtNs)}`);
}

export function sameDirectory(one: Identity, other: Identity): boolean {
  return one.inode === other.inode && one.birthtimeNs === other.birthtimeNs;
}

function savingOf(identity: Identity): string {
  return `${base36(identity.inode)}-${base36(identity.birthtimeNs)}`;
}

function base36(decimal: string | null): string {
  return decimal === null ? '0' : BigInt(decimal).toString(36);
}
