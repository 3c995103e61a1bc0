import { spawnSync } from 'node:child_process';
import type { TestContext } from 'node:test';
import { Child } from './child.js';

/** Why this machine cannot interfere with the system calls of a program; null: it can. */
export function obstacleToTracing(): string | null {
  const { error, status, stderr } = spawnSync('strace', ['-o', '/dev/null', 'true'], { encoding: 'utf8' });
  if (error !== undefined) return `strace: ${error.message}`;
  return status === 0 ? null : `strace cannot trace here: ${stderr.trim()}`;
}

const PATIENCE_MS = 5_000;

export interface TraceRules {
  /** System calls, separated by commas. */
  readonly calls: string;
  /** Such as `error=ESTALE` or `delay_enter=2s`; nothing is injected if left out. */
  readonly injection?: string;
  /** Only calls that have to do with this path. */
  readonly path?: string;
  /** File in which every call is noted. */
  readonly output?: string;
}

/** strace on a running program: system calls of it fail, take long, or are noted, until it is detached or the test ends. */
export class Strace {
  readonly #child: Child;

  private constructor(child: Child) {
    this.#child = child;
  }

  /** Resolves when the rules hold for every thread of the program. */
  static attach(test: TestContext, pid: number | undefined, rules: TraceRules): Promise<Strace> {
    return Strace.#attach(test, ['-f', '-p', String(pid)], rules);
  }

  /** The same for one thread alone. */
  static attachThread(test: TestContext, thread: number, rules: TraceRules): Promise<Strace> {
    return Strace.#attach(test, ['-p', String(thread)], rules);
  }

  static async #attach(
    test: TestContext,
    whom: readonly string[],
    { calls, injection, path, output = '/dev/null' }: TraceRules,
  ): Promise<Strace> {
    const injecting = injection === undefined ? [] : ['-e', `inject=${calls}:${injection}`];
    const limiting = path === undefined ? [] : ['-P', path];
    const args = [`trace=${calls}`, ...injecting, ...limiting, '-o', output, ...whom];
    const child = new Child(test, '-e', args, {}, 'strace');
    await child.until('stderr', /attached/);
    return new Strace(child);
  }

  /** The program goes on undisturbed. */
  async detach(): Promise<void> {
    this.#child.kill('SIGINT');
    // It waits for a thread that is stopped; the kernel lets go of that one as soon as nobody traces it.
    await this.#child.exit(PATIENCE_MS).catch(() => this.#child.kill('SIGKILL'));
    await this.#child.exit();
  }
}
