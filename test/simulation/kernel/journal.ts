import type { Chance } from '../chance.js';

/**
 * What happened to a volume since it was last flushed, to be taken back by a power cut. As in ext4 and xfs, a flush of anything makes all
 * changes of names before it durable, and a power cut leaves them up to some moment since then.
 */
export class Journal {
  #undo: (() => void)[] = [];

  note(undo: () => void): void {
    this.#undo.push(undo);
  }

  flush(): void {
    this.#undo = [];
  }

  /** Returns how many changes were lost. */
  cut(chance: Chance): number {
    const lost = chance.between(0, this.#undo.length);
    for (const undo of this.#undo.splice(this.#undo.length - lost).reverse()) undo();
    this.flush();
    return lost;
  }
}
