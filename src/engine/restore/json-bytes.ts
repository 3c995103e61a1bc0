/** One JSON document in UTF-8, in pieces: it may be too large to be made or parsed on the event loop, or to be kept at all. */
export type JsonBytes = readonly Uint8Array[] | JsonStream;

/** A document that is made as it is taken. It is taken once, or closed: until then somebody waits to go on with it. */
export interface JsonStream extends AsyncIterable<Uint8Array> {
  close(): void;
}

export function isWhole(json: JsonBytes): json is readonly Uint8Array[] {
  return Array.isArray(json);
}

/** Puts fields in front of a document's own, which is an object with some, without parsing it. */
export function withFields(fields: object, json: JsonBytes): JsonBytes {
  const head = new TextEncoder().encode(`${JSON.stringify(fields).slice(0, -1)},`);
  if (!isWhole(json)) return new PrefixedStream(head, json);
  const [first = new Uint8Array(), ...rest] = json;
  return [head, first.subarray(1), ...rest];
}

class PrefixedStream implements JsonStream {
  readonly #head: Uint8Array;
  readonly #rest: JsonStream;

  constructor(head: Uint8Array, rest: JsonStream) {
    this.#head = head;
    this.#rest = rest;
  }

  close(): void {
    this.#rest.close();
  }

  /** Written out, as a generator that was never begun would not pass on that it is given up. */
  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    const rest = this.#rest[Symbol.asyncIterator]();
    let count = 0;
    return {
      next: async () => {
        count += 1;
        if (count === 1) return { done: false, value: this.#head };
        const taken = await rest.next();
        return count === 2 && taken.done !== true ? { done: false, value: taken.value.subarray(1) } : taken;
      },
      return: async () => {
        this.close();
        return { done: true, value: undefined };
      },
    };
  }
}
