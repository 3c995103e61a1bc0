import type { Identity } from '../inspection.js';
import { finalNameOf } from '../steps/commit-marker.js';
import { isTransient } from '../steps/payload.js';

/** What the filesystem hinted about a name since the last scan. */
export interface HintedName {
  /** The name that was hinted at just before, in one go. */
  readonly before: string | null;
  readonly times: number;
}

/**
 * Which directory each name of a root led to when it was last looked at. A directory that is seen under another name than before was renamed, and
 * whoever renames a directory to its final name has finished writing it.
 */
export class Sightings {
  readonly #directories = new Map<string, string | null>();
  readonly #names = new Map<string, string>();

  /** Null: the name leads to something that is no directory. */
  note(name: string, identity: Identity | null): void {
    const key = identity?.saving ?? null;
    this.#directories.set(name, key);
    if (key !== null && !this.#names.has(key)) this.#names.set(key, name);
  }

  /**
   * Whether the directory got its name by a rename. Either it was seen under another name; or the filesystem told of the two names in one go, the old
   * one is gone, and nothing speaks against it: a removal and a creation that follow each other are told in the same way, so that the old
   * name must have been Orbax's temporary name of the new one; or new itself, where the directory's times show a rename, too.
   *
   * @param gone names that were looked at just now and are not there.
   */
  isRenamed(
    name: string,
    identity: Identity,
    hints: ReadonlyMap<string, HintedName>,
    gone: ReadonlySet<string>,
  ): boolean {
    const key = identity.saving;
    const seenAs = key === null ? undefined : this.#names.get(key);
    // Without a birth time it may be that of a directory that was removed.
    if (identity.birthtimeNs !== null && seenAs !== undefined && seenAs !== name) return true;
    const before = hints.get(name)?.before ?? null;
    if (before === null || !gone.has(before) || isTransient(before)) return false;
    const known = this.#directories.get(before);
    if (known !== undefined) return known === key;
    if (finalNameOf(before) === name) return true;
    return (hints.get(before)?.times ?? 0) > 1 && wasTouchedLast(identity);
  }

  /** Forgets all names but these. */
  keep(names: ReadonlySet<string>): void {
    for (const name of this.#directories.keys()) if (!names.has(name)) this.#directories.delete(name);
    for (const [key, name] of this.#names) if (!names.has(name)) this.#names.delete(key);
  }
}

/** A rename changes a directory's change time alone; one that was just made, or is being filled, has both times from the same moment. */
function wasTouchedLast({ mtimeNs, ctimeNs }: Identity): boolean {
  return BigInt(ctimeNs) > BigInt(mtimeNs);
}
