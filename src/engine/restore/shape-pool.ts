/** Keeps one copy of each shape: a hundred thousand arrays have a few dozen. */
export class ShapePool {
  readonly #shapes = new Map<string, readonly number[]>();

  share(shape: readonly number[]): readonly number[] {
    const key = shape.join();
    const known = this.#shapes.get(key);
    if (known !== undefined) return known;
    // A slice has no room for growth, which an array that was pushed to has.
    const own = shape.slice();
    this.#shapes.set(key, own);
    return own;
  }
}
