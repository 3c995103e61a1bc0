import type { DirectoryNode, Inode } from '../kernel/inode.js';
import type { EntryChange, VolumeListener } from '../kernel/volume.js';
import { type Contents, contentsOf, differenceOf } from './contents.js';

/** What the model knows of one directory that stands in a run's root. */
interface Saving {
  readonly directory: DirectoryNode;
  /** What of it a lease may show: what it was when something showed that its writer had finished. */
  readonly complete: Contents[];
  current: Contents;
  /** When its contents became what they are. */
  changedMs: number;
  /** When anything in it was last touched, though it left the contents as they were. */
  touchedMs: number;
  /** Since when it has been complete, if nothing in it was touched since it was; null: something was. */
  pristineMs: number | null;
  finishedMs: number;
}

export interface SavingsPorts {
  readonly root: DirectoryNode;
  readonly now: () => number;
  /** How long a tree must stay unchanged to count. */
  readonly settleMs: () => number;
}

/** Clocks of filesystems and timers are coarse. */
const TOLERANCE_MS = 2;
/** Longer than the tick of any filesystem here. */
const TICK_MS = 12;

/**
 * Knows every byte that trainers ever wrote into a root, and which states of a step count as complete by the contract's *Arrival and change in place*:
 * the one in which it was renamed into place, the one that its writer committed, and each in which it stayed unchanged for long enough.
 */
export class Savings implements VolumeListener {
  readonly #ports: SavingsPorts;
  readonly #savings = new Map<DirectoryNode, Saving>();
  /** All that ever stood under a name. */
  readonly #byName = new Map<string, Set<Saving>>();
  /** When a name last led to another directory, or to none. */
  readonly #changedMs = new Map<string, number>();

  constructor(ports: SavingsPorts) {
    this.#ports = ports;
  }

  entryChanged({ directory, name, after, isRename }: EntryChange): void {
    const { root, now } = this.#ports;
    if (directory !== root) {
      const step = this.#stepOf(directory);
      if (step !== null) this.#touch(step);
      return;
    }
    this.#changedMs.set(name, now());
    if (after?.kind !== 'directory' || name.startsWith('_')) return;
    const saving = this.#saving(after);
    this.#standsUnder(name, saving);
    if (isRename) this.#finish(saving);
  }

  inodeChanged(inode: Inode): void {
    const places = inode.kind === 'file' ? inode.places : inode.kind === 'directory' ? [inode] : [];
    for (const step of new Set(places.map((place) => this.#stepOf(place))))
      if (step !== null && inode !== step) this.#touch(step);
  }

  /** The writer of a directory wrote down that it is complete. */
  committed(directory: DirectoryNode): void {
    this.#finish(this.#saving(directory));
  }

  /** A power cut took changes back, of which nobody was told. */
  refresh(): void {
    for (const saving of this.#savings.values()) {
      this.#touch(saving.directory);
      // What its writer did not flush is gone, and looks as if it had never been: nobody can know.
      this.#admit(saving);
    }
    for (const [name, inode] of this.#ports.root.entries)
      if (inode.kind === 'directory' && !name.startsWith('_')) this.#standsUnder(name, this.#saving(inode));
  }

  /** Null: one of the directories that ever had the name was complete with these contents. Else how the closest one differs. */
  objection(name: string, contents: Contents): string | null {
    let objection = 'nothing ever stood under that name';
    for (const saving of this.#byName.get(name) ?? []) {
      for (const complete of this.#completeStates(saving)) {
        const difference = differenceOf(complete, contents);
        if (difference === null) return null;
        objection = difference;
      }
      if (differenceOf(saving.current, contents) === null)
        objection = `it is what stands there since ${saving.changedMs}, which nothing shows to be complete`;
    }
    return objection;
  }

  /** Whether anything that ever stood under a name was complete at some time. */
  wasComplete(name: string): boolean {
    const known = this.#byName.get(name) ?? [];
    return [...known].some((saving) => this.#completeStates(saving).length > 0);
  }

  /** Steps that stand there as their writers left them. */
  pristine(): readonly { readonly number: number; readonly sinceMs: number }[] {
    const found: { number: number; sinceMs: number }[] = [];
    for (const [name, inode] of this.#ports.root.entries) {
      const saving = inode.kind === 'directory' ? this.#savings.get(inode) : undefined;
      if (!/^\d+$/.test(name) || saving === undefined || saving.pristineMs === null) continue;
      if (!hasItsItems(saving.current)) continue;
      found.push({
        number: Number(name),
        sinceMs: Math.max(saving.pristineMs, this.#changedMs.get(name) ?? 0),
      });
    }
    return found;
  }

  #completeStates(saving: Saving): readonly Contents[] {
    return this.#isSettled(saving) ? [...saving.complete, saving.current] : saving.complete;
  }

  #touch(directory: DirectoryNode): void {
    const saving = this.#saving(directory);
    saving.touchedMs = this.#ports.now();
    saving.pristineMs = null;
    const contents = contentsOf(directory);
    if (differenceOf(saving.current, contents) === null) return;
    if (this.#isSettled(saving)) this.#admit(saving);
    saving.current = contents;
    saving.changedMs = saving.touchedMs;
    // So soon after its writer had finished that no change time tells the two apart.
    if (saving.touchedMs - saving.finishedMs < TICK_MS) this.#admit(saving);
  }

  #isSettled({ changedMs }: Saving): boolean {
    return this.#ports.now() - changedMs >= this.#ports.settleMs() - TOLERANCE_MS;
  }

  #finish(saving: Saving): void {
    this.#admit(saving);
    saving.pristineMs = this.#ports.now();
    saving.finishedMs = saving.pristineMs;
  }

  #admit(saving: Saving): void {
    if (!saving.complete.includes(saving.current)) saving.complete.push(saving.current);
  }

  #standsUnder(name: string, saving: Saving): void {
    const known = this.#byName.get(name) ?? new Set();
    this.#byName.set(name, known.add(saving));
  }

  #saving(directory: DirectoryNode): Saving {
    const known = this.#savings.get(directory);
    if (known !== undefined) return known;
    const current = contentsOf(directory);
    const nowMs = this.#ports.now();
    const saving: Saving = {
      directory,
      complete: [],
      current,
      changedMs: nowMs,
      touchedMs: nowMs,
      pristineMs: null,
      finishedMs: Number.NEGATIVE_INFINITY,
    };
    this.#savings.set(directory, saving);
    return saving;
  }

  /** The directory right below the root that something is in; null: it is elsewhere. */
  #stepOf(directory: DirectoryNode): DirectoryNode | null {
    for (let at = directory; at.parent !== null; at = at.parent)
      if (at.parent === this.#ports.root) return at;
    return null;
  }
}

/** Two trainers by mistake leave steps that lack what their metadata names. */
function hasItsItems(contents: Contents): boolean {
  const paths = [...contents.keys()];
  const metadata = contents.get('_CHECKPOINT_METADATA');
  if (metadata === undefined || paths.includes('_CHECKPOINT_DELETION')) return false;
  const handlers = /"item_handlers": (\{[^}]*\})/.exec(new TextDecoder().decode(metadata))?.[1] ?? '{}';
  return Object.keys(JSON.parse(handlers)).every((item) => paths.some((path) => path.startsWith(`${item}/`)));
}
