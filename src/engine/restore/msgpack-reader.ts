import type { CheckpointFiles } from './checkpoint-files.js';
import { type RestoreError, unreadable } from './restore-error.js';

/** What stands next in the file. The contents of a text follow; of everything else that has contents, the elements do. */
export type MsgpackToken =
  | { readonly kind: 'map' | 'array'; readonly count: number }
  | { readonly kind: 'text'; readonly length: number }
  | { readonly kind: 'extension'; readonly type: number; readonly length: number }
  /** A number, a boolean or bytes, which were passed over. */
  | { readonly kind: 'scalar' | 'nil' };

const WINDOW_BYTES = 64 * 1024;

/** Bytes behind the first one of a number, or of a length. */
const NUMBER_BYTES: ReadonlyMap<number, number> = new Map([
  [0xca, 4],
  [0xcb, 8],
  [0xcc, 1],
  [0xcd, 2],
  [0xce, 4],
  [0xcf, 8],
  [0xd0, 1],
  [0xd1, 2],
  [0xd2, 4],
  [0xd3, 8],
]);

/** Reads msgpack from a file through a small window: an old checkpoint may hold gigabytes of arrays in one. */
export class MsgpackReader {
  readonly #files: CheckpointFiles;
  readonly #file: string;
  readonly #size: number;
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  #position = 0;
  #window: Uint8Array = new Uint8Array();
  #windowStart = 0;

  constructor(files: CheckpointFiles, file: string, size: number) {
    this.#files = files;
    this.#file = file;
    this.#size = size;
  }

  fail(detail: string): RestoreError {
    return unreadable(this.#file, detail, this.#position);
  }

  token(): MsgpackToken {
    const byte = this.#unsigned(1);
    if (byte < 0x80 || byte >= 0xe0) return { kind: 'scalar' };
    if (byte < 0x90) return { kind: 'map', count: byte & 0x0f };
    if (byte < 0xa0) return { kind: 'array', count: byte & 0x0f };
    if (byte < 0xc0) return { kind: 'text', length: byte & 0x1f };
    if (byte === 0xc0) return { kind: 'nil' };
    if (byte === 0xc2 || byte === 0xc3) return { kind: 'scalar' };
    const numberBytes = NUMBER_BYTES.get(byte);
    if (numberBytes !== undefined) return this.#passed(numberBytes);
    if (byte >= 0xc4 && byte <= 0xc6) return this.#passed(this.#unsigned(2 ** (byte - 0xc4)));
    if (byte >= 0xc7 && byte <= 0xc9) return this.#extension(this.#unsigned(2 ** (byte - 0xc7)));
    if (byte >= 0xd4 && byte <= 0xd8) return this.#extension(2 ** (byte - 0xd4));
    if (byte >= 0xd9 && byte <= 0xdb) return { kind: 'text', length: this.#unsigned(2 ** (byte - 0xd9)) };
    if (byte === 0xdc || byte === 0xdd) return { kind: 'array', count: this.#unsigned(2 * (byte - 0xdb)) };
    if (byte === 0xde || byte === 0xdf) return { kind: 'map', count: this.#unsigned(2 * (byte - 0xdd)) };
    throw this.fail(`no value begins with the byte ${byte}`);
  }

  /** The text of so many bytes. */
  text(length: number): string {
    try {
      return this.#decoder.decode(this.#take(length));
    } catch (error) {
      if (error instanceof TypeError) throw this.fail('not valid UTF-8');
      throw error;
    }
  }

  /** The first characters of a text of `length` bytes; all of it is passed over. */
  prefix(length: number, most: number): string {
    const end = this.#position + length;
    const start = String.fromCharCode(...this.#take(Math.min(length, most)));
    this.skip(end - this.#position);
    return start;
  }

  skip(length: number): void {
    if (length > this.#size - this.#position) throw this.#cutOff();
    this.#position += length;
  }

  end(): void {
    if (this.#position < this.#size) throw this.fail('more behind the value');
  }

  #passed(length: number): MsgpackToken {
    this.skip(length);
    return { kind: 'scalar' };
  }

  #extension(length: number): MsgpackToken {
    return { kind: 'extension', type: this.#unsigned(1), length };
  }

  /** Big-endian. */
  #unsigned(length: number): number {
    return this.#take(length).reduce((value, byte) => value * 256 + byte, 0);
  }

  /** Bytes that are good until the next call. */
  #take(length: number): Uint8Array {
    if (length > WINDOW_BYTES) throw this.fail(`a text of ${length} bytes`);
    if (length > this.#size - this.#position) throw this.#cutOff();
    if (
      this.#position + length > this.#windowStart + this.#window.length ||
      this.#position < this.#windowStart
    )
      this.#fill();
    const start = this.#position - this.#windowStart;
    this.#position += length;
    return this.#window.subarray(start, start + length);
  }

  #fill(): void {
    const length = Math.min(WINDOW_BYTES, this.#size - this.#position);
    const range = { offset: this.#position, length, maxBytes: WINDOW_BYTES };
    const bytes = this.#files.read(this.#file, range);
    if (bytes === null) throw this.fail('vanished while it was read');
    this.#window = bytes;
    this.#windowStart = this.#position;
  }

  #cutOff(): RestoreError {
    return unreadable(this.#file, 'the file is cut off', this.#position, 'too_short');
  }
}
