/** As many as a directory may ordinarily hold. */
const MOST = 10_000;

/** The generations that were gone last, so that one that comes back is not taken for a new one. */
export class DepartedGenerations {
  readonly #generations = new Set<string>();

  add(generation: string): void {
    this.#generations.add(generation);
    // A set iterates in order of insertion.
    for (const oldest of this.#generations) {
      if (this.#generations.size <= MOST) return;
      this.#generations.delete(oldest);
    }
  }

  has(generation: string): boolean {
    return this.#generations.has(generation);
  }
}
