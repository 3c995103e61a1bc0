import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Child } from './child.js';
import { HttpClient, type Json } from './http-client.js';

export const MAIN = fileURLToPath(new URL('../../src/steplease.js', import.meta.url));
/** The same, module by module, as it was compiled. */
const COMPILED = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));
const WARM_START = new URL('./warm-start.js', import.meta.url).href;
const LEVEL_ERROR = 50;

/** `steplease serve` as a process of its own, on a free port. */
export class ServerChild extends HttpClient {
  readonly child: Child;

  private constructor(child: Child) {
    super();
    this.child = child;
  }

  /** @param args of `serve`; resolves when it listens. */
  static async start(test: TestContext, args: readonly string[]): Promise<ServerChild> {
    const server = new ServerChild(new Child(test, MAIN, ['serve', '--port', '0', ...args]));
    await server.listening();
    return server;
  }

  /** As another user, in no group but its own: this process must be root's. */
  static startAs(test: TestContext, uid: number, args: readonly string[]): Promise<ServerChild> {
    return ServerChild.startBy(test, ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups'], args);
  }

  /** @param starter a program with its first arguments, that runs the command which follows them under conditions of its own. */
  static async startBy(
    test: TestContext,
    [program, first = '', ...others]: readonly [string, ...string[]],
    args: readonly string[],
  ): Promise<ServerChild> {
    const command = [...others, process.execPath, MAIN, 'serve', '--port', '0', ...args];
    const server = new ServerChild(new Child(test, first, command, {}, program));
    await server.listening();
    return server;
  }

  /** Has its code loaded, the most of a start's time, and does nothing until `proceed`. */
  static standBy(test: TestContext, args: readonly string[]): ServerChild {
    return new ServerChild(
      new Child(test, '--import', [WARM_START, COMPILED, 'serve', '--port', '0', ...args]),
    );
  }

  proceed(): void {
    this.child.process.stdin?.end();
  }

  async listening(): Promise<void> {
    const [, base = ''] = await this.child.until('stdout', /^steplease listening on (http:\/\/\S+)\n/);
    this.base = base;
  }

  /** What it logged as an error so far; the last line may be cut off when it was killed. */
  errors(): readonly Json[] {
    const lines = this.child.stderr.split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line)).filter(({ level }) => level >= LEVEL_ERROR);
  }
}
