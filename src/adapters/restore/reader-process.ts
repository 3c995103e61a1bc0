import { type ChildProcess, fork } from 'node:child_process';
import type { Cancel, Clock } from '../../engine/clock.js';
import type { CheckpointReader, RestoreAnswer, RestoreTask } from '../../engine/restore/checkpoint-reader.js';
import { RestoreError } from '../../engine/restore/restore-error.js';
import { type FromReader, PIECE_BYTES, type ToReader } from './reader-protocol.js';

export interface ReaderOptions {
  readonly clock: Clock;
  /** JavaScript heap of the process. Buffers come on top: together they stay below 256 MB. */
  readonly heapMb?: number;
  /** The program of the process; tests put in one that misbehaves. */
  readonly program?: URL;
}

interface Job {
  readonly task: RestoreTask;
  /** Of the answer, as far as it came. */
  readonly json: Uint8Array[];
  readonly resolve: (answer: RestoreAnswer) => void;
  readonly reject: (error: Error) => void;
}

const PROGRAM = new URL('./reader-program.js', import.meta.url);
const DEFAULT_HEAP_MB = 112;
/** A task that takes longer is given up and its process killed. */
const TIMEOUT_MS = 60_000;
/** The recursion of the readers is bounded, by what needs less than half of this. */
const STACK_KIB = 3_900;

/**
 * Reads checkpoints in a process of its own, so that neither their size nor what is wrong with them holds up the event loop or takes
 * memory from it. It runs on one thread: the helpers of V8's garbage collector and compiler would compete with the event loop for
 * the cores (ADR 0008).
 *
 * Tasks wait here and go to the process one at a time. When it dies (out of memory) or takes too long, only the task at
 * hand is answered with `metadata_unreadable`; the next one gets a new process.
 */
export class ReaderProcess implements CheckpointReader {
  readonly #options: ReaderOptions;
  readonly #heapMb: number;
  readonly #waiting: Job[] = [];
  #process: ChildProcess | null = null;
  #current: Job | null = null;
  #cancelTimer: Cancel | null = null;
  #closed = false;

  constructor(options: ReaderOptions) {
    this.#options = options;
    this.#heapMb = options.heapMb ?? DEFAULT_HEAP_MB;
  }

  /** Starts the process ahead of its first task, which then need not wait for that. */
  warmUp(): void {
    if (this.#process !== null || this.#closed) return;
    try {
      rest(this.#start());
    } catch {
      // The first task meets the same, and is answered with it.
    }
  }

  /** @throws RestoreError, or an Error when the reader itself is at fault. */
  run(task: RestoreTask): Promise<RestoreAnswer> {
    return new Promise((resolve, reject) => {
      if (this.#closed) {
        reject(new Error('the checkpoint reader is closed'));
        return;
      }
      this.#waiting.push({ task, json: [], resolve, reject });
      this.#next();
    });
  }

  /** Ends the process; what is still waiting is rejected. */
  async close(): Promise<void> {
    this.#closed = true;
    const child = this.#process;
    this.#process = null;
    const error = new Error('the checkpoint reader is closed');
    for (const job of this.#waiting.splice(0)) job.reject(error);
    this.#settle()?.reject(error);
    if (child === null) return;
    const ended = new Promise<void>((resolve) => {
      child.once('exit', () => resolve());
      child.once('error', () => resolve());
    });
    child.ref();
    child.kill('SIGKILL');
    await ended;
  }

  #next(): void {
    if (this.#current !== null || this.#closed) return;
    const job = this.#waiting.shift();
    if (job === undefined) return;
    this.#current = job;
    let child: ChildProcess;
    try {
      child = this.#process ?? this.#start();
    } catch (error) {
      this.#settle()?.reject(notStarted(error));
      this.#next();
      return;
    }
    child.ref();
    child.channel?.ref();
    this.#cancelTimer = this.#options.clock.after(TIMEOUT_MS, () =>
      this.#lose(child, tooMuch(`took longer than ${TIMEOUT_MS / 1000} s`)),
    );
    // A process that does not take it any more ends, and is told of so.
    hand(child, job.task).catch(() => undefined);
  }

  #start(): ChildProcess {
    const child = fork(this.#options.program ?? PROGRAM, [], {
      execArgv: [
        '--single-threaded',
        `--max-old-space-size=${this.#heapMb}`,
        '--max-semi-space-size=8',
        `--stack-size=${STACK_KIB}`,
      ],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    child.on('message', (message: FromReader) => this.#take(child, message));
    child.on('error', (error) => this.#lose(child, notStarted(error)));
    child.on('exit', (code, signal) => this.#lose(child, this.#ending(code, signal)));
    this.#process = child;
    return child;
  }

  #take(child: ChildProcess, message: FromReader): void {
    if (child !== this.#process) return;
    if (message.kind === 'piece') {
      // What came is a view into a larger buffer, and may be kept for long.
      this.#current?.json.push(new Uint8Array(message.bytes));
      return;
    }
    rest(child);
    const job = this.#settle();
    if (message.kind === 'answer') job?.resolve({ item: message.item, json: job.json });
    else if (message.kind === 'failure')
      job?.reject(new Error(`the checkpoint reader failed: ${message.message}`));
    else {
      const { code, detail, file, offset } = message;
      job?.reject(new RestoreError(code, detail, { file, offset }));
    }
    this.#next();
  }

  /** Called once per process that is given up: its later events find another one in its place. */
  #lose(child: ChildProcess, error: Error): void {
    if (child !== this.#process) return;
    this.#process = null;
    child.kill('SIGKILL');
    this.#settle()?.reject(error);
    this.#next();
  }

  /** Signals come of what is read, a code only of the program itself. */
  #ending(code: number | null, signal: NodeJS.Signals | null): Error {
    if (signal === null) return new Error(`the checkpoint reader ended with code ${code}`);
    // What V8 does when its heap is full.
    if (signal === 'SIGABRT') return tooMuch(`took more than ${this.#heapMb} MB of memory`);
    return tooMuch(`ended the reader by ${signal}`);
  }

  #settle(): Job | null {
    const job = this.#current;
    this.#current = null;
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    return job;
  }
}

function tooMuch(why: string): RestoreError {
  return new RestoreError('metadata_unreadable', `reading the checkpoint ${why}`);
}

function notStarted(error: unknown): Error {
  const why = error instanceof Error ? error.message : String(error);
  return new Error(`the checkpoint reader cannot be started: ${why}`, { cause: error });
}

/** An idle process must not keep this one alive. */
function rest(child: ChildProcess): void {
  child.unref();
  child.channel?.unref();
}

/** A large body goes piece by piece, each when the one before has gone. */
async function hand(child: ChildProcess, task: RestoreTask): Promise<void> {
  if (task.kind !== 'construct') return send(child, task);
  await send(child, { kind: 'construct', bodyBytes: task.body.length });
  for (let at = 0; at < task.body.length; at += PIECE_BYTES)
    await send(child, { kind: 'piece', bytes: task.body.subarray(at, at + PIECE_BYTES) });
}

function send(child: ChildProcess, message: ToReader): Promise<void> {
  return new Promise((resolve, reject) => {
    child.send(message, (error) => (error === null ? resolve() : reject(error)));
  });
}
