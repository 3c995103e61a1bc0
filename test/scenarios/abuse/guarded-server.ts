import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { CheckpointRoot } from '../../support/checkpoint-root.js';
import { ServerChild } from '../../support/server-child.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

export interface Figures {
  /** Resident memory in MiB, and the most that it ever was. */
  readonly memory: number;
  readonly peak: number;
  readonly descriptors: number;
}

/** A server as a process, with a checkpoint root of three steps, and a file beside the root that nothing may ever touch. */
export class GuardedServer {
  readonly root: CheckpointRoot;
  readonly server: ServerChild;
  readonly #canary: string;

  private constructor(root: CheckpointRoot, server: ServerChild, canary: string) {
    this.root = root;
    this.server = server;
    this.#canary = canary;
  }

  static async start(t: TestContext, args: readonly string[] = []): Promise<GuardedServer> {
    const root = CheckpointRoot.make(t);
    for (const step of [100, 200, 300]) root.save(step);
    const canary = join(temporaryFolder(t), 'canary');
    writeFileSync(canary, 'alive');
    const database = join(temporaryFolder(t), 'db');
    const server = await ServerChild.start(t, [root.path, '--db', database, ...args]);
    // Everything that it opens at its start is open then, and one connection for the questions of the test.
    while ((await server.get('/readyz')).status !== 200);
    await server.get('/steps/300');
    return new GuardedServer(root, server, canary);
  }

  get port(): number {
    return Number(new URL(this.server.base).port);
  }

  figures(): Figures {
    const { pid } = this.server.child.process;
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const mebibytes = (field: string) =>
      Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(status)?.[1]) / 1_024;
    return {
      memory: Math.round(mebibytes('VmRSS')),
      peak: Math.round(mebibytes('VmHWM')),
      descriptors: readdirSync(`/proc/${pid}/fd`).length,
    };
  }

  /** What is wrong with it after all that was done to it. */
  async wounds(): Promise<readonly string[]> {
    const wounds = this.server.errors().map((line) => `logged ${JSON.stringify(line)}`);
    const { status, body } = await this.server.get('/steps');
    if (status !== 200 || body.items.length !== 3) wounds.push(`/steps is ${status} ${JSON.stringify(body)}`);
    const canary = statSync(this.#canary);
    if (readFileSync(this.#canary, 'utf8') !== 'alive' || canary.nlink !== 1)
      wounds.push('the canary was touched');
    return wounds;
  }
}
