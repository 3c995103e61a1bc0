/** Ranges that wait to be merged: fewer are not worth the sorting. */
const LEAST_PENDING = 1024;

interface Range {
  readonly start: number;
  readonly end: number;
}

/** How many bytes of one file were looked at, each counted once, however often and in whatever pieces it was read. */
export class CoveredBytes {
  #ranges: Range[] = [];
  #mergeAt = LEAST_PENDING;

  add(offset: number, length: number): void {
    if (length === 0) return;
    this.#ranges.push({ start: offset, end: offset + length });
    if (this.#ranges.length < this.#mergeAt) return;
    this.#ranges = merged(this.#ranges);
    // A file with many gaps is not sorted anew for every range.
    this.#mergeAt = Math.max(LEAST_PENDING, 2 * this.#ranges.length);
  }

  get count(): number {
    this.#ranges = merged(this.#ranges);
    return this.#ranges.reduce((sum, { start, end }) => sum + end - start, 0);
  }
}

function merged(ranges: readonly Range[]): Range[] {
  const result: Range[] = [];
  for (const range of ranges.toSorted((a, b) => a.start - b.start)) {
    const last = result.at(-1);
    if (last === undefined || range.start > last.end) result.push(range);
    else if (range.end > last.end) result[result.length - 1] = { start: last.start, end: range.end };
  }
  return result;
}
