import type { Identity } from '../inspection.js';
import type { StepEntry } from './step.js';

/**
 * A generation is one particular saving of a step: what its store tells savings apart by (`Identity.saving`), and its commit time. In a filesystem that
 * is never the device number, which a remount changes; the inode alone is not enough, since ext4 gives it to the next directory within milliseconds. Where neither
 * birth nor commit time is known, the modification time at discovery stands in. The text is path-safe: snapshots are stored under it.
 *
 * @param replaced the generation that was changed in place and is now another one; its directory and commit time may be the same.
 */
export function generationOf(
  identity: Identity,
  committedAtNs: string | null,
  replaced: string | null = null,
): string {
  const moment = committedAtNs ?? (identity.birthtimeNs === null ? identity.mtimeNs : null);
  if (identity.saving === null) throw new Error('a step is never final while nothing tells its saving');
  const generation = `${identity.saving}-${base36(moment)}`;
  if (replaced === null) return generation;
  const revision = Number.parseInt(partsOf(replaced).revision, 36);
  return `${generation}-${(revision + 1).toString(36)}`;
}

/** Whether what is there now still is the saving that a generation was made from. */
export function isSameSaving(
  generation: string,
  entry: StepEntry,
  identity: Identity,
  committedAtNs: string | null,
): boolean {
  // The file that tells it is gone: what it marked is being deleted.
  if (identity.saving === null) return true;
  const { saving, moment } = partsOf(generation);
  if (saving !== identity.saving) return false;
  if (identity.birthtimeNs !== null) return true;
  // Without birth times an inode proves little. A metadata file that is gone proves nothing; one with another commit time is another saving.
  const hadCommitTime = entry.committedAt !== null;
  return committedAtNs === null || !hadCommitTime || moment === base36(committedAtNs);
}

function partsOf(generation: string): { saving: string; moment: string; revision: string } {
  const [first = '', second = '', moment = '', revision = '1'] = generation.split('-');
  return { saving: `${first}-${second}`, moment, revision };
}

function base36(decimal: string | null): string {
  return decimal === null ? '0' : BigInt(decimal).toString(36);
}
