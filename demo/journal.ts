import { performance } from 'node:perf_hooks';

const COLORS: Readonly<Record<string, number>> = { server: 90, trainer: 33, watcher: 36, evaluator: 32 };

/** Prints what happens as it happens, one line each, with the seconds since the start. */
export class Journal {
  readonly #startedAt = performance.now();
  readonly #isColored = process.stdout.isTTY === true && process.env['NO_COLOR'] === undefined;

  tell(who: 'server' | 'trainer' | 'watcher' | 'evaluator', what: string): void {
    const seconds = ((performance.now() - this.#startedAt) / 1000).toFixed(2).padStart(6);
    const name = who.padEnd(10);
    this.print(`${seconds} s  ${this.#isColored ? `\u001b[${COLORS[who]}m${name}\u001b[0m` : name} ${what}`);
  }

  print(line: string): void {
    process.stdout.write(`${line}\n`);
  }
}

export function bytes(count: number): string {
  return count < 10_000 ? `${count} bytes` : `${(count / 1024).toFixed(1)} KiB`;
}

export function milliseconds(duration: number): string {
  return `${duration.toFixed(1)} ms`;
}
