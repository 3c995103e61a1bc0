import { type ChildProcess, fork } from 'node:child_process';
import type { Cancel, Clock } from '../../engine/clock.js';
import { EngineError } from '../../engine/errors.js';
import type { RestoreAnswer, RestoreTask } from '../../engine/restore/checkpoint-reader.js';
import { RestoreError } from '../../engine/restore/restore-error.js';
import { AnswerStream } from './answer-stream.js';
import { type FromReader, PIECE_BYTES, type ToReader } from './reader-protocol.js';

export interface ReaderChildOptions {
  readonly clock: Clock;
  readonly heapMb: number;
  readonly program: URL;
  /** Whether one more process may be kept for an answer that is too long to be kept. */
  readonly mayStream: () => boolean;
}

interface Reading {
  /** The answer, as far as it came. */
  readonly pieces: Uint8Array[];
  readonly resolve: (answer: RestoreAnswer) => void;
  readonly reject: (error: Error) => void;
}

/** A task that takes longer is given up and its process killed; so is an answer of which nothing is taken for so long. */
const TIMEOUT_MS = 60_000;
/** The recursion of the readers is bounded, by what needs less than half of this. */
const STACK_KIB = 3_900;

/**
 * One process that reads checkpoints, one task after the other.
 *
 * - idle: nothing to do. The process does not keep this one alive.
 * - reading: a task is under way. Ends in idle, or in streaming when the answer is too long to be kept.
 * - streaming: the answer is made as it is taken. Ends in lost: the process has done its last task.
 * - lost: the process was killed, or ended by itself.
 */
export class ReaderChild {
  readonly #options: ReaderChildOptions;
  readonly #process: ChildProcess;
  #reading: Reading | null = null;
  #stream: AnswerStream | null = null;
  #isLost = false;
  #cancelTimer: Cancel | null = null;

  /** @throws what the system says when the process cannot be started. */
  constructor(options: ReaderChildOptions) {
    this.#options = options;
    this.#process = fork(options.program, [], {
      execArgv: [
        '--single-threaded',
        `--max-old-space-size=${options.heapMb}`,
        '--max-semi-space-size=8',
        `--stack-size=${STACK_KIB}`,
      ],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    this.#process.on('message', (message: FromReader) => this.#take(message));
    this.#process.on('error', (error) => this.kill(notStarted(error)));
    this.#process.on('exit', (code, signal) => this.kill(this.#ending(code, signal)));
    this.#rest();
  }

  get isLost(): boolean {
    return this.#isLost;
  }

  get isStreaming(): boolean {
    return this.#stream !== null && !this.#isLost;
  }

  /** @throws RestoreError, or an Error when the reader itself is at fault. */
  run(task: RestoreTask): Promise<RestoreAnswer> {
    return new Promise((resolve, reject) => {
      this.#reading = { pieces: [], resolve, reject };
      this.#process.ref();
      this.#process.channel?.ref();
      this.#limit(tooMuch(`took longer than ${TIMEOUT_MS / 1000} s`));
      // A process that does not take it any more ends, and is told of so.
      this.#hand(task).catch(() => undefined);
    });
  }

  /** Ends the process, and what it was at with the error. */
  kill(error: Error): void {
    if (this.#isLost) return;
    this.#isLost = true;
    this.#process.kill('SIGKILL');
    this.#settle()?.reject(error);
    this.#stream?.fail(error);
  }

  /** Resolves when the process is gone. */
  async end(error: Error): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => {
      this.#process.once('exit', () => resolve());
      this.#process.once('error', () => resolve());
    });
    this.#process.ref();
    this.kill(error);
    await ended;
  }

  #take(message: FromReader): void {
    if (this.#isLost) return;
    switch (message.kind) {
      case 'piece': {
        // What came is a view into a larger buffer, and may be kept for long.
        const piece = new Uint8Array(message.bytes);
        if (this.#stream === null) this.#reading?.pieces.push(piece);
        else this.#stream.push(piece);
        return;
      }
      case 'held':
        this.#hold(message.item);
        return;
      case 'answer':
        if (this.#stream === null) this.#answer(message.item);
        else {
          this.#stream.finish();
          this.kill(new Error('the answer is complete'));
        }
        return;
      default:
        if (this.#stream === null) {
          this.#rest();
          this.#settle()?.reject(errorOf(message));
        } else this.kill(errorOf(message));
    }
  }

  #answer(item: string | null): void {
    this.#rest();
    const reading = this.#settle();
    reading?.resolve({ item, json: reading.pieces });
  }

  /** From here on the answer is made as it is taken. */
  #hold(item: string | null): void {
    if (!this.#options.mayStream()) {
      this.kill(new EngineError('overloaded', 'several answers of this size are being sent already'));
      return;
    }
    const reading = this.#settle();
    if (reading === null) return;
    const stalled = new Error(`nothing of the answer was taken for ${TIMEOUT_MS / 1000} s`);
    this.#limit(stalled);
    this.#stream = new AnswerStream(reading.pieces, {
      taken: () => this.#limit(stalled),
      more: () => this.#send({ kind: 'more' }).catch(() => undefined),
      stop: () => this.kill(new Error('the rest of the answer is not wanted')),
    });
    reading.resolve({ item, json: this.#stream });
  }

  /** Signals come of what is read, a code only of the program itself. */
  #ending(code: number | null, signal: NodeJS.Signals | null): Error {
    if (signal === null) return new Error(`the checkpoint reader ended with code ${code}`);
    // What V8 does when its heap is full.
    if (signal === 'SIGABRT') return tooMuch(`took more than ${this.#options.heapMb} MB of memory`);
    return tooMuch(`ended the reader by ${signal}`);
  }

  #limit(error: Error): void {
    if (this.#isLost) return;
    this.#cancelTimer?.();
    this.#cancelTimer = this.#options.clock.after(TIMEOUT_MS, () => this.kill(error));
  }

  #settle(): Reading | null {
    const reading = this.#reading;
    this.#reading = null;
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    return reading;
  }

  /** An idle process must not keep this one alive. */
  #rest(): void {
    this.#process.unref();
    this.#process.channel?.unref();
  }

  /** A large body goes piece by piece, each when the one before has gone. */
  async #hand(task: RestoreTask): Promise<void> {
    if (task.kind !== 'construct') return this.#send(task);
    await this.#send({ kind: 'construct', bodyBytes: task.body.length });
    for (let at = 0; at < task.body.length; at += PIECE_BYTES)
      await this.#send({ kind: 'piece', bytes: task.body.subarray(at, at + PIECE_BYTES) });
  }

  #send(message: ToReader): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#process.send(message, (error) => (error === null ? resolve() : reject(error)));
    });
  }
}

function errorOf(message: Extract<FromReader, { kind: 'refusal' | 'failure' }>): Error {
  if (message.kind === 'failure') return new Error(`the checkpoint reader failed: ${message.message}`);
  const { code, detail, file, offset } = message;
  return new RestoreError(code, detail, { file, offset });
}

function tooMuch(why: string): RestoreError {
  return new RestoreError('metadata_unreadable', `reading the checkpoint ${why}`);
}

export function notStarted(error: unknown): Error {
  const why = error instanceof Error ? error.message : String(error);
  return new Error(`the checkpoint reader cannot be started: ${why}`, { cause: error });
}
