import { Worker } from 'node:worker_threads';
import type { Clock } from '../../engine/clock.js';
import { FileSystemError } from '../../engine/file-system-error.js';
import { ownFile } from '../../own-file.js';
import type { Answer, Arguments, OperationName, Reply, Request } from './protocol.js';

/** Inventories of two million entries fit; a runaway ends the thread, not the process. */
const LIMITS = { maxOldGenerationSizeMb: 1024, maxYoungGenerationSizeMb: 64, stackSizeMb: 4 };

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** A thread that looks at files, as those see it who have it work. */
export interface FileThread {
  /** Starts the thread before it is needed. */
  warm(): void;
  call<N extends OperationName>(name: N, ...args: Arguments<N>): Promise<Answer<N>>;
  /** @param graceMs how long calls under way may take to end. */
  close(graceMs: number): Promise<void>;
}

/**
 *     idle ──call or warm──▶ running ──the thread dies: every call under way rejects──▶ idle
 *      └────────close────────▶ closed ◀──close: after the calls under way, or after the grace──┘
 *
 * Calls of one client start in their order. While some are under way the thread keeps the process alive, otherwise it does not.
 */
export class WorkerClient implements FileThread {
  readonly #label: string;
  readonly #clock: Clock;
  readonly #pending = new Map<number, Pending>();
  #worker: Worker | null = null;
  #closed = false;
  #nextId = 1;
  /** Set while `close` waits for the calls under way. */
  #onIdle: (() => void) | null = null;

  constructor(label: string, clock: Clock) {
    this.#label = label;
    this.#clock = clock;
  }

  warm(): void {
    this.#worker ??= this.#start();
    if (this.#pending.size === 0) this.#worker.unref();
  }

  call<N extends OperationName>(name: N, ...args: Arguments<N>): Promise<Answer<N>> {
    if (this.#closed) return Promise.reject(closedError());
    this.#worker ??= this.#start();
    const worker = this.#worker;
    const request: Request = { id: this.#nextId++, name, args };
    worker.ref();
    return new Promise<Answer<N>>((resolve, reject) => {
      // The worker answers a request with what its operation of that name returned.
      this.#pending.set(request.id, { resolve: (value) => resolve(value as Answer<N>), reject });
      worker.postMessage(request);
    });
  }

  /** @param graceMs how long calls under way may take to end; then they reject. What a build left behind is the reconciler's. */
  async close(graceMs: number): Promise<void> {
    this.#closed = true;
    if (this.#pending.size > 0) await this.#idle(graceMs);
    await this.#worker?.terminate();
    this.#fail(closedError());
  }

  /** Ends the thread as a crash would. */
  kill(): void {
    void this.#worker?.terminate();
  }

  #idle(graceMs: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#clock.after(graceMs, resolve);
      this.#onIdle = () => {
        cancel();
        resolve();
      };
    });
  }

  #start(): Worker {
    const worker = new Worker(ownFile('adapters/filesystem/worker.js'), {
      name: `steplease-${this.#label}`,
      resourceLimits: LIMITS,
    });
    worker.on('message', (reply: Reply) => this.#settle(reply));
    worker.on('error', (error) => this.#died(worker, error.message));
    worker.on('exit', (code) => this.#died(worker, `exit code ${code}`));
    return worker;
  }

  #settle(reply: Reply): void {
    const call = this.#pending.get(reply.id);
    if (call === undefined) return;
    this.#pending.delete(reply.id);
    if ('value' in reply) call.resolve(reply.value);
    else call.reject(errorOf(reply.error));
    if (this.#pending.size > 0) return;
    this.#worker?.unref();
    this.#onIdle?.();
  }

  /** An error is followed by an exit: only the first of them counts, and neither of a thread that was replaced. */
  #died(worker: Worker, why: string): void {
    if (this.#worker !== worker) return;
    this.#worker = null;
    if (!this.#closed) this.#fail(new Error(`The ${this.#label} thread of the filesystem died: ${why}.`));
  }

  #fail(error: Error): void {
    for (const call of this.#pending.values()) call.reject(error);
    this.#pending.clear();
    this.#onIdle?.();
  }
}

function errorOf({ code, message }: { code: string | null; message: string }): Error {
  return code === null ? new Error(message) : new FileSystemError(code, message);
}

function closedError(): Error {
  return new Error('The filesystem is closed.');
}
