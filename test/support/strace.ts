import { spawnSync } from 'node:child_process';
import type { TestContext } from 'node:test';
import { Child } from './child.js';

/** Why this machine cannot interfere with the system calls of a program; null: it can. */
export function obstacleToTracing(): string | null {
  const { error, status, stderr } = spawnSync('strace', ['-o', '/dev/null', 'true'], { encoding: 'utf8' });
  if (error !== undefined) return `strace: ${error.message}`;
  return status === 0 ? null : `strace cannot trace here: ${stderr.trim()}`;
}

/** strace on a running program: system calls of it fail, or take long, until this is detached or the test ends. */
export class Strace {
  readonly #child: Child;

  private constructor(child: Child) {
    this.#child = child;
  }

  /**
   * Resolves when the rules hold for every thread of the program.
   *
   * @param calls system calls, separated by commas.
   * @param injection such as `error=ESTALE` or `delay_enter=2s`.
   */
  static async attach(
    test: TestContext,
    pid: number | undefined,
    calls: string,
    injection: string,
    more: readonly string[] = [],
  ): Promise<Strace> {
    const rules = ['-e', `trace=${calls}`, '-e', `inject=${calls}:${injection}`, '-o', '/dev/null', ...more];
    const child = new Child(test, '-f', [...rules, '-p', String(pid)], {}, 'strace');
    await child.until('stderr', /attached/);
    return new Strace(child);
  }

  /** The program goes on undisturbed. */
  async detach(): Promise<void> {
    this.#child.kill('SIGINT');
    await this.#child.exit();
  }
}
