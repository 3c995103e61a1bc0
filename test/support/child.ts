import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { TestContext } from 'node:test';

const WITHIN_MS = 60_000;

/** A program under test: its output as it comes, and its end. It is killed with the test. */
export class Child {
  readonly process: ChildProcess;
  stdout = '';
  stderr = '';
  private readonly exited: Promise<number | string>;

  /** @param program a compiled file, run by the node that runs the test, or a script for another `interpreter`. */
  constructor(
    test: TestContext,
    program: string,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
    interpreter = process.execPath,
  ) {
    this.process = spawn(interpreter, [program, ...args], {
      env: { ...surroundings(), ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.process.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
    });
    this.process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    this.exited = once(this.process, 'close').then(([code, signal]) => code ?? signal);
    test.after(() => this.process.kill('SIGKILL'));
  }

  kill(signal: NodeJS.Signals): void {
    this.process.kill(signal);
  }

  /** The exit code, or the signal that ended it. */
  exit(withinMs = WITHIN_MS): Promise<number | string> {
    return this.within(this.exited, 'did not end', withinMs);
  }

  /** Resolves as soon as what was printed so far matches. */
  until(stream: 'stdout' | 'stderr', pattern: RegExp, withinMs = WITHIN_MS): Promise<RegExpExecArray> {
    const found = new Promise<RegExpExecArray>((resolve, reject) => {
      const look = (): void => {
        const match = pattern.exec(this[stream]);
        if (match !== null) resolve(match);
      };
      this.process[stream]?.on('data', look);
      this.process.once('close', () =>
        reject(new Error(`ended without printing ${pattern}: ${this.describe()}`)),
      );
      look();
    });
    return this.within(found, `did not print ${pattern}`, withinMs);
  }

  private async within<T>(promise: Promise<T>, problem: string, withinMs: number): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`${problem} in time: ${this.describe()}`)), withinMs);
    });
    return Promise.race([promise, late]).finally(() => clearTimeout(timer));
  }

  private describe(): string {
    return `stdout ${JSON.stringify(this.stdout)}, stderr ${JSON.stringify(this.stderr)}`;
  }
}

/** The environment without what steers the program: nobody's settings are to decide a test. */
function surroundings(): NodeJS.ProcessEnv {
  const isSetting = (name: string): boolean => /^(STEPLEASE_(?!TEST_)|NO_COLOR$)/.test(name);
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !isSetting(name)));
}
