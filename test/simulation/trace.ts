import { createHash } from 'node:crypto';

/** What happened in a history, line by line. Two histories are the same when their hashes are. */
export class Trace {
  readonly lines: string[] = [];
  readonly #hash = createHash('sha256');
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  add(who: string, what: string): void {
    const line = `${this.#now().toFixed(1).padStart(12)}  ${who.padEnd(12)} ${what}`;
    this.lines.push(line);
    this.#hash.update(line).update('\n');
  }

  last(count: number): readonly string[] {
    return this.lines.slice(-count);
  }

  /** Of everything so far. */
  hash(): string {
    return this.#hash.copy().digest('hex');
  }
}
