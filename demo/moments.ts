/** Things that happen once each, by step, for others to wait for. */
export class Moments<T> {
  readonly #known = new Map<number, T>();
  readonly #waiting = new Map<number, ((value: T) => void)[]>();
  #end: T | undefined;

  record(step: number, value: T): void {
    this.#known.set(step, value);
    for (const resolve of this.#waiting.get(step) ?? []) resolve(value);
    this.#waiting.delete(step);
  }

  /** Whatever did not happen until now counts as happened. */
  close(value: T): void {
    this.#end = value;
    for (const resolvers of this.#waiting.values()) for (const resolve of resolvers) resolve(value);
    this.#waiting.clear();
  }

  of(step: number): Promise<T> {
    const known = this.#known.get(step) ?? this.#end;
    if (known !== undefined) return Promise.resolve(known);
    return new Promise((resolve) => {
      this.#waiting.set(step, [...(this.#waiting.get(step) ?? []), resolve]);
    });
  }
}
