import type { RestoreAnswer } from './checkpoint-reader.js';
import { isWhole } from './json-bytes.js';

/** What an entry takes besides its bytes and its key, about: many small answers are no smaller than that. */
const ENTRY_BYTES = 512;

/**
 * Finished answers, the least recently used forgotten first; equal questions at the same time are asked once. A stream is neither kept nor
 * shared: it is taken once, by whoever asked.
 */
export class AnswerStore {
  readonly #limitBytes: number;
  readonly #answers = new Map<string, RestoreAnswer>();
  readonly #underWay = new Map<string, Promise<RestoreAnswer>>();
  #bytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** @param source where it is asked: an answer is the same wherever it comes from, a failure is not. */
  async get(key: string, source: string, ask: () => Promise<RestoreAnswer>): Promise<RestoreAnswer> {
    const known = this.#answers.get(key);
    if (known !== undefined) {
      this.#answers.delete(key);
      this.#answers.set(key, known);
      return known;
    }
    const question = `${key} ${source}`;
    const underWay = this.#underWay.get(question);
    if (underWay !== undefined) {
      const shared = await underWay;
      return isWhole(shared.json) ? shared : this.get(key, source, ask);
    }
    const asked = ask().finally(() => this.#underWay.delete(question));
    this.#underWay.set(question, asked);
    const answer = await asked;
    this.#put(key, answer);
    return answer;
  }

  #put(key: string, answer: RestoreAnswer): void {
    const size = sizeOf(key, answer);
    if (this.#answers.has(key) || size > this.#limitBytes) return;
    this.#answers.set(key, answer);
    this.#bytes += size;
    for (const [oldest, forgotten] of this.#answers) {
      if (this.#bytes <= this.#limitBytes) return;
      this.#answers.delete(oldest);
      this.#bytes -= sizeOf(oldest, forgotten);
    }
  }
}

function sizeOf(key: string, { json }: RestoreAnswer): number {
  if (!isWhole(json)) return Number.POSITIVE_INFINITY;
  return json.reduce((sum, piece) => sum + piece.byteLength, ENTRY_BYTES + 2 * key.length);
}
