import type {
  Answer,
  Arguments,
  OperationName,
  Operations,
} from '../../../src/adapters/filesystem/protocol.js';
import type { FileThread } from '../../../src/adapters/filesystem/worker-client.js';
import { FileSystemError } from '../../../src/engine/file-system-error.js';
import type { Agenda } from '../agenda.js';
import type { Process } from './process.js';

export interface ThreadPorts {
  readonly agenda: Agenda;
  readonly process: Process;
  /** How long a request, and an answer, takes. */
  readonly delayMs: () => number;
}

/** Runs the operations of a worker thread without one: calls start in their order, and rest where the operations rest. */
export class VirtualThread implements FileThread {
  readonly #label: string;
  readonly #operations: Operations;
  readonly #ports: ThreadPorts;
  #lastStartMs = 0;
  #lastAnswerMs = 0;
  #underWay = 0;
  #closed = false;
  #onIdle: () => void = () => undefined;

  constructor(label: string, operations: Operations, ports: ThreadPorts) {
    this.#label = label;
    this.#operations = operations;
    this.#ports = ports;
  }

  get isIdle(): boolean {
    return this.#underWay === 0;
  }

  warm(): void {
    // There is no thread to start.
  }

  call<N extends OperationName>(name: N, ...args: Arguments<N>): Promise<Answer<N>> {
    if (this.#closed) return Promise.reject(new Error('The filesystem is closed.'));
    const { agenda, process, delayMs } = this.#ports;
    this.#underWay += 1;
    return new Promise((resolve, reject) => {
      this.#lastStartMs = Math.max(this.#lastStartMs, agenda.nowMs + delayMs());
      process.laterInOrder(this.#lastStartMs, `${this.#label} ${name}`, () => {
        this.#run(name, args).then(
          (value) => this.#answer(name, () => resolve(value)),
          (error: unknown) => this.#answer(name, () => reject(asReceived(error))),
        );
      });
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#underWay > 0)
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
      });
  }

  async #run<N extends OperationName>(name: N, args: Arguments<N>): Promise<Answer<N>> {
    // The types of the arguments and of the answer are those of the operation of that name.
    const operation = this.#operations[name] as (...args: Arguments<N>) => Promise<Answer<N>>;
    return operation(...args);
  }

  /** One port carries the answers of a thread: they come in order. */
  #answer(name: OperationName, deliver: () => void): void {
    const { agenda, process, delayMs } = this.#ports;
    this.#lastAnswerMs = Math.max(this.#lastAnswerMs, agenda.nowMs + delayMs());
    process.laterInOrder(this.#lastAnswerMs, `${this.#label} ${name} answers`, () => {
      this.#underWay -= 1;
      deliver();
      if (this.#underWay === 0) this.#onIdle();
    });
  }
}

/** An error crosses between threads as its code and its sentence. */
function asReceived(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(String(error));
  const code = 'code' in error && typeof error.code === 'string' ? error.code : null;
  return code === null ? error : new FileSystemError(code, error.message);
}
