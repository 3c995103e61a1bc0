import type { Inventory, SnapshotFiles } from '../file-system.js';
import type { SnapshotRecord } from './snapshot.js';

/** Knows what each ready snapshot consists of, and whether it still does. */
export class SnapshotAudit {
  readonly #files: SnapshotFiles;
  readonly #inventories = new Map<number, Inventory>();
  /** What was found after a restart in the place of snapshots that were whole before it. */
  readonly #damaged = new Map<number, Inventory>();
  readonly #underWay = new Map<number, Promise<string | null>>();

  constructor(files: SnapshotFiles) {
    this.#files = files;
  }

  /** Takes over the inventory of a snapshot that was just built. */
  remember(snapshotId: number, inventory: Inventory): void {
    this.#inventories.set(snapshotId, inventory);
  }

  forget(snapshotId: number): void {
    this.#inventories.delete(snapshotId);
    this.#damaged.delete(snapshotId);
  }

  /**
   * What vanished of a ready snapshot, as a sentence; null: nothing. Callers at the same time share one look. Rejects when it cannot be
   * looked at: that is no loss yet.
   */
  look(snapshot: SnapshotRecord): Promise<string | null> {
    const underWay = this.#underWay.get(snapshot.id);
    if (underWay !== undefined) return underWay;
    const look = this.#look(snapshot).finally(() => this.#underWay.delete(snapshot.id));
    this.#underWay.set(snapshot.id, look);
    return look;
  }

  /**
   * Whether the snapshot's own directory is still the one under its path. In layout `orbax` a stranger may have put another there, which
   * must not be taken away in its stead.
   */
  async isInPlace(snapshot: SnapshotRecord): Promise<boolean> {
    if (snapshot.layout === 'generation') return true;
    const known = this.#inventories.get(snapshot.id) ?? this.#damaged.get(snapshot.id);
    if (known !== undefined) return (await this.#files.audit(snapshot.path, known))?.path !== '';
    return (await this.#files.inventory(snapshot.path))?.digest === snapshot.digest;
  }

  async #look(snapshot: SnapshotRecord): Promise<string | null> {
    const known = this.#inventories.get(snapshot.id);
    if (known === undefined) return this.#meetAgain(snapshot);
    const vanished = await this.#files.audit(snapshot.path, known);
    if (vanished === null) return null;
    const what = vanished.path === '' ? 'the snapshot' : vanished.path;
    return `${what} ${vanished.how === 'missing' ? 'was removed' : 'was replaced'} by other hands`;
  }

  /** The first look after a restart: inodes prove nothing then, the digest that was recorded does. */
  async #meetAgain(snapshot: SnapshotRecord): Promise<string | null> {
    const inventory = await this.#files.inventory(snapshot.path);
    if (inventory === null) return 'the snapshot was removed by other hands';
    if (inventory.digest !== snapshot.digest) {
      this.#damaged.set(snapshot.id, inventory);
      return 'files of the snapshot were changed by other hands';
    }
    this.#inventories.set(snapshot.id, inventory);
    return null;
  }
}
