const PIECE_BYTES = 256 * 1024;

/** Collects text as UTF-8 in pieces of even size, so that a long answer is never there as one string. */
export class ByteSink {
  readonly #encoder = new TextEncoder();
  readonly #full: Uint8Array<ArrayBuffer>[] = [];
  #piece = new Uint8Array(PIECE_BYTES);
  #used = 0;

  write(text: string): void {
    let rest = text;
    while (rest !== '') {
      const { read, written } = this.#encoder.encodeInto(rest, this.#piece.subarray(this.#used));
      this.#used += written;
      if (read === rest.length) return;
      rest = rest.slice(read);
      this.#full.push(this.#piece.subarray(0, this.#used));
      this.#piece = new Uint8Array(PIECE_BYTES);
      this.#used = 0;
    }
  }

  /** All that was written, in order. Each piece has its memory to itself. The sink is empty then. */
  finish(): Uint8Array<ArrayBuffer>[] {
    const last = this.#piece.slice(0, this.#used);
    this.#used = 0;
    return [...this.#full.splice(0), last];
  }
}
