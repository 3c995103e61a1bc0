import { type RestoreError, unreadable } from '../restore-error.js';

/** Reads the primitive types of OCDBT's format in order, never past the end. */
export class ByteReader {
  position = 0;
  readonly bytes: Uint8Array;
  readonly #place: string;
  readonly #base: number;

  /**
   * @param place the file that the bytes come from.
   * @param base where in the file the block begins: errors name it, for offsets in decompressed bytes mean nothing.
   */
  constructor(bytes: Uint8Array, place: string, base: number) {
    this.bytes = bytes;
    this.#place = place;
    this.#base = base;
  }

  get remaining(): number {
    return this.bytes.length - this.position;
  }

  fail(detail: string): RestoreError {
    return unreadable(this.#place, detail, this.#base);
  }

  byte(): number {
    const value = this.bytes[this.position];
    if (value === undefined) throw this.fail('ends too early');
    this.position++;
    return value;
  }

  /** Unsigned LEB128. What a double cannot hold exactly becomes Infinity, which no check of a length lets pass. */
  varint(): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 10; i++) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value > Number.MAX_SAFE_INTEGER ? Number.POSITIVE_INFINITY : value;
      scale *= 128;
    }
    throw this.fail('a number of more than ten bytes');
  }

  /** A number of things that each take at least `bytesEach` more bytes: a claim of 2^60 entries ends here. */
  count(bytesEach: number): number {
    const count = this.varint();
    if (count * bytesEach > this.remaining)
      throw this.fail(`claims ${count} entries in ${this.remaining} bytes`);
    return count;
  }

  take(length: number): Uint8Array {
    if (length > this.remaining) throw this.fail('ends too early');
    const bytes = this.bytes.subarray(this.position, this.position + length);
    this.position += length;
    return bytes;
  }

  /** Passes over `count` varints. */
  skipVarints(count: number): void {
    for (let i = 0; i < count; i++) this.varint();
  }

  /** A reader at the current place, which moves on by itself. */
  fork(): ByteReader {
    const fork = new ByteReader(this.bytes, this.#place, this.#base);
    fork.position = this.position;
    return fork;
  }

  end(): void {
    if (this.remaining !== 0) throw this.fail(`${this.remaining} bytes behind the end`);
  }
}
