import { PIECE_BYTES } from './reader-protocol.js';

/** Makes UTF-8 of text and hands it on in pieces of even size, so that a long answer is never there as a whole. */
export class ByteSink {
  readonly #encoder = new TextEncoder();
  readonly #piece = new Uint8Array(PIECE_BYTES);
  readonly #handOn: (piece: Uint8Array) => void;
  #used = 0;

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

  /** Hands on what is left. */
  flush(): void {
    if (this.#used === 0) return;
    this.#handOn(this.#piece.subarray(0, this.#used));
    this.#used = 0;
  }
}
