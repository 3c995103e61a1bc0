import type { Clock } from '../../engine/clock.js';
import type { CheckpointReader, RestoreAnswer, RestoreTask } from '../../engine/restore/checkpoint-reader.js';
import { ownFile } from '../../own-file.js';
import { notStarted, ReaderChild } from './reader-child.js';

export interface ReaderOptions {
  readonly clock: Clock;
  /** JavaScript heap of the process. Buffers come on top: together they stay near 256 MB. */
  readonly heapMb?: number;
  /** The program of the process; tests put in one that misbehaves. */
  readonly program?: URL;
}

interface Job {
  readonly task: RestoreTask;
  readonly resolve: (answer: RestoreAnswer) => void;
  readonly reject: (error: unknown) => void;
}

const PROGRAM = ownFile('adapters/restore/reader-program.js');
const DEFAULT_HEAP_MB = 112;
/** Processes that are kept beside the one that reads, each for as long as a client takes to read a very long answer. */
const MAX_STREAMS = 2;

/**
 * Reads checkpoints in a process of its own, so that neither their size nor what is wrong with them holds up the event loop or takes
 * memory from it. It runs on one thread: the helpers of V8's garbage collector and compiler would compete with the event loop for
 * the cores (ADR 0008).
 *
 * Tasks wait here and go to the process one at a time. When it dies (out of memory) or takes too long, only the task at
 * hand is answered with `metadata_unreadable`; the next one gets a new process. So it does while an answer that is too long to be kept
 * keeps its process.
 */
export class ReaderProcess implements CheckpointReader {
  readonly #options: ReaderOptions;
  readonly #waiting: Job[] = [];
  readonly #streaming = new Set<ReaderChild>();
  #child: ReaderChild | null = null;
  #isBusy = false;
  #closed = false;

  constructor(options: ReaderOptions) {
    this.#options = options;
  }

  /** Starts the process ahead of its first task, which then need not wait for that. */
  warmUp(): void {
    if (this.#child !== null || this.#closed) return;
    try {
      this.#child = this.#start();
    } catch {
      // The first task meets the same, and is answered with it.
    }
  }

  /** @throws RestoreError; EngineError `overloaded` when too many very long answers are being sent; an Error when the reader itself is at fault. */
  run(task: RestoreTask): Promise<RestoreAnswer> {
    return new Promise((resolve, reject) => {
      if (this.#closed) {
        reject(isClosed());
        return;
      }
      this.#waiting.push({ task, resolve, reject });
      this.#next();
    });
  }

  /** Ends the processes; what is still waiting is rejected, and answers that are being sent are cut off. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const job of this.#waiting.splice(0)) job.reject(isClosed());
    const children = [...this.#streaming, ...(this.#child === null ? [] : [this.#child])];
    await Promise.all(children.map((child) => child.end(isClosed())));
  }

  #next(): void {
    if (this.#isBusy || this.#closed) return;
    const job = this.#waiting.shift();
    if (job === undefined) return;
    this.#isBusy = true;
    this.#work(job)
      .then(job.resolve, job.reject)
      .finally(() => {
        this.#isBusy = false;
        this.#next();
      });
  }

  async #work({ task }: Job): Promise<RestoreAnswer> {
    const child = this.#child === null || this.#child.isLost ? this.#startOrFail() : this.#child;
    this.#child = child;
    const answer = await child.run(task);
    if (child.isStreaming) {
      this.#streaming.add(child);
      this.#child = null;
    }
    return answer;
  }

  #startOrFail(): ReaderChild {
    try {
      return this.#start();
    } catch (error) {
      throw notStarted(error);
    }
  }

  #start(): ReaderChild {
    const { clock, heapMb = DEFAULT_HEAP_MB, program = PROGRAM } = this.#options;
    return new ReaderChild({ clock, heapMb, program, mayStream: () => this.#mayStream() });
  }

  #mayStream(): boolean {
    for (const child of this.#streaming) if (child.isLost) this.#streaming.delete(child);
    return this.#streaming.size < MAX_STREAMS;
  }
}

function isClosed(): Error {
  return new Error('the checkpoint reader is closed');
}
