import { SeededRandom } from '../support/random.js';

/** Every choice of a history, drawn from its seed in one order. */
export class Chance {
  readonly #random: SeededRandom;

  constructor(seed: number) {
    this.#random = new SeededRandom(Math.imul(seed, 0x9e3779b1) ^ 0x5bd1e995);
    // The first numbers of neighbouring seeds are alike.
    for (let skipped = 0; skipped < 8; skipped++) this.#random.next();
  }

  /** True in so many of a hundred cases. */
  percent(of: number): boolean {
    return this.#random.next() * 100 < of;
  }

  /** An integer, both bounds included. */
  between(least: number, most: number): number {
    return least + this.#random.below(most - least + 1);
  }

  /** A duration in milliseconds, to the tenth of one: short ones are as likely as long ones, whatever the magnitude. */
  duration(leastMs: number, mostMs: number): number {
    const least = Math.log(Math.max(leastMs, 0.1));
    const ms = Math.exp(least + this.#random.next() * (Math.log(mostMs) - least));
    return Math.round(ms * 10) / 10;
  }

  pick<T>(items: readonly [T, ...T[]]): T;
  pick<T>(items: readonly T[]): T | undefined;
  pick<T>(items: readonly T[]): T | undefined {
    return this.#random.pick(items);
  }

  /** One of the names, each as often as its weight says. */
  weighted<Name extends string>(weights: Readonly<Partial<Record<Name, number>>>): Name {
    const entries = Object.entries(weights) as [Name, number][]; // The keys of a record of names are those names.
    let left = this.#random.next() * entries.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [name, weight] of entries) {
      left -= weight;
      if (left < 0) return name;
    }
    throw new RangeError('there is nothing to choose from');
  }

  bytes(count: number): Uint8Array {
    return Uint8Array.from({ length: count }, () => this.#random.below(256));
  }
}
