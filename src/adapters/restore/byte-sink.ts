import { RestoreError } from '../../engine/restore/restore-error.js';
import { PIECE_BYTES } from './reader-protocol.js';

/** What waits for the reader on the other side is in memory: together with all else it stays below 256 MB. */
const MAX_BYTES = 64 * 1024 * 1024;

/**
 * Makes UTF-8 of text and hands it on in pieces of even size, so that a long answer is never there as a whole. Small files can ask for an
 * enormous one: many leaves may share a name, and thereby a long sharding.
 */
export class ByteSink {
  readonly #encoder = new TextEncoder();
  readonly #piece = new Uint8Array(PIECE_BYTES);
  readonly #handOn: (piece: Uint8Array) => void;
  #used = 0;
  #handedOn = 0;

  /** @param handOn gets a piece that is only good until it returns. */
  constructor(handOn: (piece: Uint8Array) => void) {
    this.#handOn = handOn;
  }

  write(text: string): void {
    let rest = text;
    while (rest !== '') {
      const { read, written } = this.#encoder.encodeInto(rest, this.#piece.subarray(this.#used));
      this.#used += written;
      if (read === rest.length) return;
      rest = rest.slice(read);
      this.flush();
    }
  }

  /**
   * Hands on what is left.
   * @throws RestoreError when that makes too much of it.
   */
  flush(): void {
    if (this.#used === 0) return;
    this.#handedOn += this.#used;
    if (this.#handedOn > MAX_BYTES) {
      const detail = `the answer would be longer than ${MAX_BYTES / 1024 / 1024} MiB`;
      throw new RestoreError('metadata_unreadable', detail);
    }
    this.#handOn(this.#piece.subarray(0, this.#used));
    this.#used = 0;
  }
}
