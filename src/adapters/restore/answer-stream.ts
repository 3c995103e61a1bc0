import type { JsonStream } from '../../engine/restore/json-bytes.js';

/** The process that makes the rest of an answer. */
interface Maker {
  /** Somebody takes the answer. */
  taken(): void;
  /** Asks for the next piece, which comes by `push`, or for the end. */
  more(): void;
  /** Nobody wants the rest. */
  stop(): void;
}

interface Taker {
  readonly resolve: (taken: IteratorResult<Uint8Array>) => void;
  readonly reject: (error: Error) => void;
}

/** An answer as it is made: the pieces that came already, then each further one when it is asked for. */
export class AnswerStream implements JsonStream {
  readonly #pieces: Uint8Array[];
  readonly #maker: Maker;
  #taker: Taker | null = null;
  /** Null: more may come. */
  #end: 'whole' | Error | null = null;

  constructor(pieces: Uint8Array[], maker: Maker) {
    this.#pieces = pieces;
    this.#maker = maker;
  }

  push(piece: Uint8Array): void {
    const taker = this.#take();
    if (taker === null) this.#pieces.push(piece);
    else taker.resolve({ done: false, value: piece });
  }

  finish(): void {
    this.#end ??= 'whole';
    this.#take()?.resolve({ done: true, value: undefined });
  }

  fail(error: Error): void {
    if (this.#end !== null) return;
    this.#end = error;
    this.#take()?.reject(error);
  }

  close(): void {
    this.#pieces.length = 0;
    this.finish();
    this.#maker.stop();
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return {
      next: () => this.#next(),
      return: async () => {
        this.close();
        return { done: true, value: undefined };
      },
    };
  }

  async #next(): Promise<IteratorResult<Uint8Array>> {
    this.#maker.taken();
    const value = this.#pieces.shift();
    if (value !== undefined) return { done: false, value };
    if (this.#end instanceof Error) throw this.#end;
    if (this.#end !== null) return { done: true, value: undefined };
    return new Promise((resolve, reject) => {
      this.#taker = { resolve, reject };
      this.#maker.more();
    });
  }

  #take(): Taker | null {
    const taker = this.#taker;
    this.#taker = null;
    return taker;
  }
}
