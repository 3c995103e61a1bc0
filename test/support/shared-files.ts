import { openFileSystem } from '../../src/adapters/filesystem/node-file-system.js';
import type { Answer, Arguments, OperationName } from '../../src/adapters/filesystem/protocol.js';
import { type FileThread, WorkerClient } from '../../src/adapters/filesystem/worker-client.js';
import { systemClock } from '../../src/adapters/system-clock.js';
import type { FileSystem } from '../../src/engine/file-system.js';

/** By name. Nobody ends them: they do not keep the process, and go with it. */
const threads = new Map<string, FileThread>();

/**
 * A filesystem on threads that all servers of this process share, one server after the other: starting two threads takes twice the
 * time of starting everything else of a server.
 */
export function openSharedFiles(): FileSystem {
  return openFileSystem({ clock: systemClock, thread: (label) => new BorrowedThread(shared(label)) });
}

function shared(label: string): FileThread {
  const thread = threads.get(label) ?? new WorkerClient(label, systemClock);
  threads.set(label, thread);
  return thread;
}

/** A thread that somebody else ends. After `close` nothing that this borrower asked for goes on. */
class BorrowedThread implements FileThread {
  readonly #thread: FileThread;
  readonly #underWay = new Set<Promise<unknown>>();
  #closed = false;

  constructor(thread: FileThread) {
    this.#thread = thread;
  }

  warm(): void {
    this.#thread.warm();
  }

  async call<N extends OperationName>(name: N, ...args: Arguments<N>): Promise<Answer<N>> {
    if (this.#closed) throw new Error('The filesystem is closed.');
    const answer = this.#thread.call(name, ...args);
    this.#underWay.add(answer);
    return answer.finally(() => this.#underWay.delete(answer));
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled(this.#underWay);
  }
}
