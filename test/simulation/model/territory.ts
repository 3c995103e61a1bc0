import type { DirectoryNode, Inode } from '../kernel/inode.js';
import type { EntryChange, Volume, VolumeListener } from '../kernel/volume.js';
import { Violation } from '../violation.js';

export const SERVICE = 'service';
const OWN: ReadonlySet<string> = new Set(['_STEPLEASE', '_SNAPSHOTS']);

/** Somebody else than the service changed a snapshot. */
export interface Tampering {
  readonly how: 'entry' | 'bytes';
  readonly atMs: number;
}

/** What happens in the directories of the service, and by whose hands (invariant 9). */
export class Territory implements VolumeListener {
  readonly #volume: Volume;
  readonly #root: DirectoryNode;
  readonly #now: () => number;
  readonly #fail: (violation: Violation) => void;
  /** Published entries of the snapshot directory that were changed by others. */
  readonly #tampered = new Map<Inode, Tampering>();
  /** Names in the service's directories that others removed. */
  readonly #removed = new Set<string>();
  /** Entries that changed since they were last asked for. */
  readonly #changed = new Set<DirectoryNode>();

  constructor(volume: Volume, root: DirectoryNode, now: () => number, fail: (violation: Violation) => void) {
    this.#volume = volume;
    this.#root = root;
    this.#now = now;
    this.#fail = fail;
  }

  entryChanged({ directory, name, before, after }: EntryChange): void {
    const snapshot = this.snapshotOf(directory);
    const isOwn = this.#isOwn(directory) || (directory === this.#root && OWN.has(name));
    if (this.#volume.actor === SERVICE) {
      if (!isOwn) this.#fail(new Violation('9 (no interference)', `the service changed the entry ${name}`));
    } else if (isOwn) {
      for (const touched of [snapshot, before]) if (touched !== null) this.#tamper(touched, 'entry');
    }
    if (this.#isHome(directory)) {
      if (after === null && this.#volume.actor !== SERVICE) this.#removed.add(name);
      else this.#removed.delete(name);
    }
    if (snapshot !== null) this.#changed.add(snapshot);
    if (before?.kind === 'directory') this.#changed.add(before);
  }

  inodeChanged(inode: Inode): void {
    const places = inode.kind === 'file' ? inode.places : inode.kind === 'directory' ? [inode] : [];
    for (const place of places) {
      const snapshot = this.snapshotOf(place);
      if (this.#volume.actor === SERVICE) {
        if (!this.#isOwn(place))
          this.#fail(new Violation('9 (no interference)', 'the service changed a file of a trainer'));
      } else if (snapshot !== null) {
        // Layout `orbax` publishes what is in the temporary entry, not the entry itself.
        for (let at: DirectoryNode | null = place; at !== null && !this.#isHome(at); at = at.parent)
          this.#tamper(at, 'bytes');
      }
      if (snapshot !== null) this.#changed.add(snapshot);
    }
  }

  /** A power cut took changes back, of which nobody was told: everything has to be looked at. */
  refresh(): void {
    this.#changed.add(this.#root);
  }

  /** Whether others removed the published entry of a path of layout `orbax`. */
  wasRemoved(path: string): boolean {
    return this.#removed.has(path.slice(path.lastIndexOf('/') + 1));
  }

  /** How others changed a published snapshot; null: nobody did. */
  tampering(snapshot: DirectoryNode): Tampering | null {
    return this.#tampered.get(snapshot) ?? null;
  }

  /** Whether anything happened in a snapshot, or to it, since the last call. */
  takeChanges(): boolean {
    const has = this.#changed.size > 0;
    this.#changed.clear();
    return has;
  }

  /** The entry of the service's directory that something is in. */
  snapshotOf(directory: DirectoryNode): DirectoryNode | null {
    for (let at = directory; at.parent !== null; at = at.parent) if (this.#isHome(at.parent)) return at;
    return null;
  }

  #tamper(inode: Inode, how: Tampering['how']): void {
    // The first entry that went counts, also after bytes changed.
    const known = this.#tampered.get(inode);
    if (known === undefined || (known.how === 'bytes' && how === 'entry'))
      this.#tampered.set(inode, { how, atMs: this.#now() });
  }

  #isOwn(directory: DirectoryNode): boolean {
    for (let at: DirectoryNode | null = directory; at !== null; at = at.parent)
      if (this.#isHome(at)) return true;
    return false;
  }

  #isHome(directory: DirectoryNode): boolean {
    if (directory.parent !== this.#root) return false;
    for (const name of OWN) if (this.#root.entries.get(name) === directory) return true;
    return false;
  }
}
