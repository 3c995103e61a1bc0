import { Worker } from 'node:worker_threads';
import type { Cancel, Clock } from '../../engine/clock.js';
import type { CheckpointReader, RestoreAnswer, RestoreTask } from '../../engine/restore/checkpoint-reader.js';
import { RestoreError } from '../../engine/restore/restore-error.js';
import type { RestoreReply } from './restore-worker-protocol.js';

export interface RestoreWorkerOptions {
  readonly clock: Clock;
  /** Heap of the worker thread. Buffers come on top: together they stay below 256 MB. */
  readonly heapMb?: number;
  /** A task that takes longer is given up and its thread ended. */
  readonly timeoutMs?: number;
  /** The thread's program; tests put in one that misbehaves. */
  readonly program?: URL;
}

interface Job {
  readonly task: RestoreTask;
  readonly resolve: (answer: RestoreAnswer) => void;
  readonly reject: (error: Error) => void;
}

const PROGRAM = new URL('./restore-worker.js', import.meta.url);
const DEFAULT_HEAP_MB = 112;
const DEFAULT_TIMEOUT_MS = 60_000;

/**
 * Reads checkpoints in a thread of its own, so that neither their size nor what is wrong with them holds up the event
 * loop.
 *
 * Tasks wait here and go to the thread one at a time. When it dies (out of memory) or takes too long, only the task at
 * hand is answered with `metadata_unreadable`; the next one gets a new thread.
 */
export class RestoreWorkerClient implements CheckpointReader {
  readonly #options: RestoreWorkerOptions;
  readonly #waiting: Job[] = [];
  #worker: Worker | null = null;
  #current: Job | null = null;
  #cancelTimer: Cancel | null = null;
  #closed = false;

  constructor(options: RestoreWorkerOptions) {
    this.#options = options;
  }

  /** Starts the thread ahead of its first task, which then need not wait for that. */
  warmUp(): void {
    if (this.#worker === null && !this.#closed) this.#start().unref();
  }

  /** @throws RestoreError, or an Error when the reader itself is at fault. */
  run(task: RestoreTask): Promise<RestoreAnswer> {
    return new Promise((resolve, reject) => {
      if (this.#closed) {
        reject(new Error('the restore worker is closed'));
        return;
      }
      this.#waiting.push({ task, resolve, reject });
      this.#next();
    });
  }

  /** Ends the thread; what is still waiting is rejected. */
  async close(): Promise<void> {
    this.#closed = true;
    const worker = this.#worker;
    this.#worker = null;
    for (const job of this.#waiting.splice(0)) job.reject(new Error('the restore worker is closed'));
    this.#settle()?.reject(new Error('the restore worker is closed'));
    await worker?.terminate();
  }

  #next(): void {
    if (this.#current !== null || this.#closed) return;
    const job = this.#waiting.shift();
    if (job === undefined) return;
    this.#current = job;
    const worker = this.#worker ?? this.#start();
    worker.ref();
    const timeoutMs = this.#options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    this.#cancelTimer = this.#options.clock.after(timeoutMs, () =>
      this.#lose(worker, `took longer than ${timeoutMs / 1000} s`),
    );
    worker.postMessage(job.task, movable(job.task));
  }

  #start(): Worker {
    const worker = new Worker(this.#options.program ?? PROGRAM, {
      resourceLimits: {
        maxOldGenerationSizeMb: this.#options.heapMb ?? DEFAULT_HEAP_MB,
        maxYoungGenerationSizeMb: 16,
        stackSizeMb: 4,
      },
    });
    worker.on('message', (reply: RestoreReply) => this.#answer(worker, reply));
    worker.on('error', (error) => this.#lose(worker, `ended the reader: ${error.message}`));
    worker.on('exit', (code) => this.#lose(worker, `ended the reader with code ${code}`));
    this.#worker = worker;
    return worker;
  }

  #answer(worker: Worker, reply: RestoreReply): void {
    if (worker !== this.#worker) return;
    // An idle thread must not keep the process alive.
    worker.unref();
    const job = this.#settle();
    if (reply.kind === 'answer') job?.resolve({ item: reply.item, json: reply.json });
    else if (reply.kind === 'failure')
      job?.reject(new Error(`the checkpoint reader failed: ${reply.message}`));
    else job?.reject(new RestoreError(reply.code, reply.detail, { file: reply.file, offset: reply.offset }));
    this.#next();
  }

  /** Called once per thread that is given up: its later events find another worker in its place. */
  #lose(worker: Worker, why: string): void {
    if (worker !== this.#worker) return;
    this.#worker = null;
    void worker.terminate();
    this.#settle()?.reject(new RestoreError('metadata_unreadable', `reading the checkpoint ${why}`));
    this.#next();
  }

  #settle(): Job | null {
    const job = this.#current;
    this.#current = null;
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    return job;
  }
}

/** A large body is moved to the thread instead of being copied, if its memory is its own. */
function movable(task: RestoreTask): ArrayBuffer[] {
  if (task.kind !== 'construct') return [];
  const { buffer, byteLength } = task.body;
  return buffer instanceof ArrayBuffer && buffer.byteLength === byteLength ? [buffer] : [];
}
