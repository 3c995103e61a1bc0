import type { Chance } from './chance.js';

interface Item {
  readonly dueMs: number;
  /** Decides among items that are due at the same moment. */
  readonly lot: number;
  readonly order: number;
  readonly what: string;
  act: (() => void) | null;
}

export type Cancel = () => void;

/** Virtual time, and everything that is still to happen in it. Nothing in a history happens but by an item of its agenda. */
export class Agenda {
  /** Milliseconds since the history began. They never jump. */
  nowMs = 0;
  readonly #chance: Chance;
  readonly #heap: Item[] = [];
  #order = 0;

  constructor(chance: Chance) {
    this.#chance = chance;
  }

  /** @param delayMs 0 is allowed: then other items that are due now may come first. */
  in(delayMs: number, what: string, act: () => void): Cancel {
    return this.#add(this.nowMs + Math.max(0, delayMs), this.#chance.between(0, 1 << 20), what, act);
  }

  /** At a moment, behind what was put there before with this method. */
  inOrder(dueMs: number, what: string, act: () => void): Cancel {
    return this.#add(Math.max(dueMs, this.nowMs), 1 << 20, what, act);
  }

  /** The next item, with time moved to it; null: nothing is left before `endMs`. */
  next(endMs: number): { readonly what: string; readonly act: () => void } | null {
    for (;;) {
      const item = this.#heap[0];
      if (item === undefined || item.dueMs > endMs) return null;
      this.#removeFirst();
      if (item.act === null) continue;
      this.nowMs = Math.max(this.nowMs, item.dueMs);
      const { act, what } = item;
      item.act = null;
      return { what, act };
    }
  }

  #add(dueMs: number, lot: number, what: string, act: () => void): Cancel {
    const item: Item = { dueMs, lot, order: this.#order++, what, act };
    this.#heap.push(item);
    this.#rise(this.#heap.length - 1);
    return () => {
      item.act = null;
    };
  }

  #removeFirst(): void {
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return;
    this.#heap[0] = last;
    this.#sink(0);
  }

  #rise(from: number): void {
    for (let at = from; at > 0; ) {
      const parent = (at - 1) >> 1;
      if (!this.#isBefore(at, parent)) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  #sink(from: number): void {
    for (let at = from; ; ) {
      let least = at;
      for (const child of [2 * at + 1, 2 * at + 2])
        if (child < this.#heap.length && this.#isBefore(child, least)) least = child;
      if (least === at) return;
      this.#swap(at, least);
      at = least;
    }
  }

  #isBefore(one: number, other: number): boolean {
    const [a, b] = [this.#at(one), this.#at(other)];
    return a.dueMs - b.dueMs < 0 || (a.dueMs === b.dueMs && (a.lot - b.lot || a.order - b.order) < 0);
  }

  #swap(one: number, other: number): void {
    const [a, b] = [this.#at(one), this.#at(other)];
    this.#heap[one] = b;
    this.#heap[other] = a;
  }

  #at(index: number): Item {
    const item = this.#heap[index];
    if (item === undefined) throw new RangeError(`item ${index} of ${this.#heap.length}`);
    return item;
  }
}
