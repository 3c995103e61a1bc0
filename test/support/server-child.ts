import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Child } from './child.js';
import { HttpClient } from './http-client.js';

export const MAIN = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));

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
    const [, base = ''] = await server.child.until('stdout', /^steplease listening on (http:\/\/\S+)\n/);
    server.base = base;
    return server;
  }
}
