import { createHash } from 'node:crypto';

export interface Answer {
  readonly body: Buffer;
  /** Strong: of the bytes themselves, so it means the same across restarts. */
  readonly etag: string;
}

/**
 * Serialised answers by key, the least recently used ones dropped beyond a bound of bytes. Callers put everything that an answer
 * depends on into the key. Requests for an answer that is being made wait for it.
 */
export class AnswerCache {
  readonly #answers = new Map<string, Answer>();
  readonly #pending = new Map<string, Promise<Answer>>();
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** @param make gives the answer's bytes in pieces, so that a long one need not hold others up. */
  async answer(key: string, make: () => AsyncIterable<Uint8Array>): Promise<Answer> {
    const known = this.#answers.get(key);
    if (known !== undefined) {
      // A map iterates in order of insertion: the first key is the least recently used.
      this.#answers.delete(key);
      this.#answers.set(key, known);
      return known;
    }
    const pending = this.#pending.get(key) ?? this.#make(key, make);
    this.#pending.set(key, pending);
    return pending;
  }

  async #make(key: string, make: () => AsyncIterable<Uint8Array>): Promise<Answer> {
    try {
      const hash = createHash('sha256');
      const pieces: Uint8Array[] = [];
      for await (const piece of make()) {
        hash.update(piece);
        pieces.push(piece);
      }
      const answer = { body: Buffer.concat(pieces), etag: `"${hash.digest('base64url')}"` };
      this.#keep(key, answer);
      return answer;
    } finally {
      this.#pending.delete(key);
    }
  }

  #keep(key: string, answer: Answer): void {
    if (answer.body.length > this.#maxBytes) return;
    this.#answers.set(key, answer);
    this.#bytes += answer.body.length;
    for (const [oldest, { body }] of this.#answers) {
      if (this.#bytes <= this.#maxBytes) return;
      this.#answers.delete(oldest);
      this.#bytes -= body.length;
    }
  }
}

/** Whether `If-None-Match` names the tag; compared weakly, as RFC 9110 asks for this header. */
export function matchesTag(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  if (ifNoneMatch.trim() === '*') return true;
  return ifNoneMatch.match(/"[^"]*"/g)?.includes(etag) === true;
}
