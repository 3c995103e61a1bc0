import type { FileSystem } from '../file-system.js';
import type { SnapshotRecord } from '../holdings/snapshot.js';
import type { Identity, Inventory } from '../inspection.js';
import { SingleFlight } from '../signals/single-flight.js';

/** Knows what each ready snapshot consists of, and whether it still does. */
export class SnapshotAudit {
  readonly #files: FileSystem;
  readonly #inventories = new Map<number, Inventory>();
  /** In layout `orbax`, where a stranger may take a path: which directory is the snapshot's own. */
  readonly #roots = new Map<number, Identity>();
  readonly #looks = new SingleFlight<number, string | null>();

  constructor(files: FileSystem) {
    this.#files = files;
  }

  /** Notes which directory was published as a snapshot. */
  async identify(snapshot: SnapshotRecord): Promise<void> {
    const root = snapshot.layout === 'orbax' ? await this.#rootNow(snapshot) : null;
    if (root !== null) this.#roots.set(snapshot.id, root);
  }

  /** Takes over the inventory of a snapshot that was just built. */
  remember(snapshotId: number, inventory: Inventory): void {
    this.#inventories.set(snapshotId, inventory);
  }

  forget(snapshotId: number): void {
    this.#inventories.delete(snapshotId);
    this.#roots.delete(snapshotId);
  }

  /**
   * What vanished of a ready snapshot, as a sentence; null: nothing. Callers at the same time share one look. Rejects when it cannot be
   * looked at: that is no loss yet.
   */
  look(snapshot: SnapshotRecord): Promise<string | null> {
    return this.#looks.run(snapshot.id, () => this.#look(snapshot));
  }

  /**
   * Whether the snapshot's own directory is still the one under its path. In layout `orbax` a stranger may have put another there, which
   * must not be taken away in its stead.
   */
  async isInPlace(snapshot: SnapshotRecord): Promise<boolean> {
    if (snapshot.layout === 'generation') return true;
    const known = this.#roots.get(snapshot.id);
    if (known === undefined) return (await this.#inventoryNow(snapshot))?.digest === snapshot.digest;
    const root = await this.#rootNow(snapshot);
    return root?.saving === known.saving;
  }

  async #look(snapshot: SnapshotRecord): Promise<string | null> {
    const known = this.#inventories.get(snapshot.id);
    if (known === undefined) return this.#meetAgain(snapshot);
    const vanished = await this.#files.snapshots.audit(snapshot.path, known);
    if (vanished === null) return null;
    const what = vanished.path === '' ? 'the snapshot' : vanished.path;
    return `${what} ${vanished.how === 'missing' ? 'was removed' : 'was replaced'} by other hands`;
  }

  /** The first look after a restart: inodes prove nothing then, the digest that was recorded does. */
  async #meetAgain(snapshot: SnapshotRecord): Promise<string | null> {
    const inventory = await this.#inventoryNow(snapshot);
    if (inventory === null) return 'the snapshot was removed by other hands';
    await this.identify(snapshot);
    if (inventory.digest !== snapshot.digest) return 'files of the snapshot were changed by other hands';
    this.#inventories.set(snapshot.id, inventory);
    return null;
  }

  #inventoryNow({ path }: SnapshotRecord): Promise<Inventory | null> {
    return this.#files.snapshots.inventory(path);
  }

  async #rootNow({ snapshotDirectory, stepName }: SnapshotRecord): Promise<Identity | null> {
    const request = { name: stepName, depth: 'sight', known: null, commitMarker: '' } as const;
    const [seen] = await this.#files.inspect(snapshotDirectory, [request]);
    return seen?.outcome === 'present' ? seen.identity : null;
  }
}
