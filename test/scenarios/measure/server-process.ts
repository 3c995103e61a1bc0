import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../../src/steplease.js', import.meta.url));

/** The service as operators run it: a process of its own. */
export class ServerProcess {
  readonly base: string;
  readonly root: string;
  readonly #child: ChildProcess;

  private constructor(base: string, root: string, child: ChildProcess) {
    this.base = base;
    this.root = root;
    this.#child = child;
  }

  static async start(folder: string): Promise<ServerProcess> {
    const root = join(folder, 'run');
    mkdirSync(root, { recursive: true });
    const args = ['serve', root, '--port', '0', '--db', join(folder, 'server.db'), '--log-level', 'warn'];
    const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = await once(createInterface({ input: child.stdout }), 'line');
    return new ServerProcess(String(line).split(' ').at(-1) ?? '', root, child);
  }

  /** Resident memory, in KiB. */
  get residentKib(): number {
    const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]);
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGTERM');
    await once(this.#child, 'exit');
  }
}
