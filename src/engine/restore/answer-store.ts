import type { RestoreAnswer } from './checkpoint-reader.js';

/** Finished answers, the least recently used forgotten first; equal questions at the same time are asked once. */
export class AnswerStore {
  readonly #limitBytes: number;
  readonly #answers = new Map<string, RestoreAnswer>();
  readonly #underWay = new Map<string, Promise<RestoreAnswer>>();
  #bytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  async get(key: string, ask: () => Promise<RestoreAnswer>): Promise<RestoreAnswer> {
    const known = this.#answers.get(key);
    if (known !== undefined) {
      this.#answers.delete(key);
      this.#answers.set(key, known);
      return known;
    }
    const underWay = this.#underWay.get(key);
    if (underWay !== undefined) return underWay;
    const asked = ask().finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, asked);
    const answer = await asked;
    this.#put(key, answer);
    return answer;
  }

  #put(key: string, answer: RestoreAnswer): void {
    this.#answers.set(key, answer);
    this.#bytes += sizeOf(answer);
    for (const [oldest, forgotten] of this.#answers) {
      if (this.#bytes <= this.#limitBytes) return;
      this.#answers.delete(oldest);
      this.#bytes -= sizeOf(forgotten);
    }
  }
}

function sizeOf({ json }: RestoreAnswer): number {
  return json.reduce((sum, piece) => sum + piece.byteLength, 0);
}
