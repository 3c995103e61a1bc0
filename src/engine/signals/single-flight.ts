/** Work under way, by what it is for: whoever asks for the same meanwhile joins it. */
export class SingleFlight<K, T> {
  readonly #underWay = new Map<K, Promise<T>>();

  /** Null: nothing is under way for the key. */
  find(key: K): Promise<T> | null {
    return this.#underWay.get(key) ?? null;
  }

  keys(): ReadonlySet<K> {
    return new Set(this.#underWay.keys());
  }

  /** Joins the work for the key, or begins it. */
  run(key: K, work: () => Promise<T>): Promise<T> {
    const known = this.#underWay.get(key);
    if (known !== undefined) return known;
    const begun = work().finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, begun);
    return begun;
  }

  /** Resolves when all that is under way has ended, however it ends. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#underWay.values());
  }
}
