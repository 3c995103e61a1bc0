import type { ByteReader } from './byte-reader.js';

/** Compares as unsigned bytes, which for UTF-8 is the order of code points. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/**
 * The keys of a node. Each shares a prefix with the key before it, and all of them start with the prefix that the
 * path from the root implies.
 */
export class NodeKeys {
  readonly #prefixLengths: ByteReader;
  readonly #suffixLengths: ByteReader;
  readonly #count: number;
  #suffixes: ByteReader;
  #index = 0;
  #length = 0;
  #buffer: Uint8Array;
  readonly #base: number;

  /** Consumes the two columns of lengths. */
  constructor(columns: ByteReader, count: number, keyPrefix: Uint8Array) {
    this.#count = count;
    this.#prefixLengths = columns.fork();
    columns.skipVarints(count - 1);
    this.#suffixLengths = columns.fork();
    columns.skipVarints(count);
    this.#suffixes = columns;
    this.#base = keyPrefix.length;
    this.#buffer = new Uint8Array(Math.max(256, 2 * keyPrefix.length));
    this.#buffer.set(keyPrefix);
  }

  /** Consumes the column of the suffixes themselves, which need not follow the lengths at once. */
  skipSuffixes(columns: ByteReader): void {
    this.#suffixes = columns.fork();
    const lengths = this.#suffixLengths.fork();
    for (let i = 0; i < this.#count; i++) columns.take(lengths.varint());
  }

  /** The next key; overwritten by the one after it. Keys must increase. */
  next(): Uint8Array {
    const shared = this.#index === 0 ? 0 : this.#prefixLengths.varint();
    if (shared > this.#length) throw this.#suffixes.fail('a key shares more than the key before it has');
    const suffix = this.#suffixes.take(this.#suffixLengths.varint());
    if (this.#index > 0 && !this.#increases(shared, suffix))
      throw this.#suffixes.fail('keys do not increase');
    this.#index++;
    this.#length = shared + suffix.length;
    this.#reserve(this.#base + this.#length);
    this.#buffer.set(suffix, this.#base + shared);
    return this.#buffer.subarray(0, this.#base + this.#length);
  }

  #increases(shared: number, suffix: Uint8Array): boolean {
    return compareBytes(this.#buffer.subarray(this.#base + shared, this.#base + this.#length), suffix) < 0;
  }

  #reserve(size: number): void {
    if (size <= this.#buffer.length) return;
    const larger = new Uint8Array(2 * size);
    larger.set(this.#buffer);
    this.#buffer = larger;
  }
}
