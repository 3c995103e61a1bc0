import { StorageError } from '../../../src/engine/storage-error.js';
import type { Store, Transaction } from '../../../src/engine/store.js';
import type { Agenda } from '../agenda.js';
import type { Process } from './process.js';
import type { VirtualDisk } from './virtual-disk.js';

export interface StorePorts {
  readonly agenda: Agenda;
  readonly process: Process;
  readonly disk: VirtualDisk;
  readonly delayMs: () => number;
  /** Whether the next commit fails. */
  readonly refuses: () => boolean;
}

type Reader = Readonly<Record<string, (...args: unknown[]) => Promise<unknown>>>;

/**
 * A store whose every promise resolves when the agenda says so. A commit happens, is flushed a little later, and is answered then: in between a
 * power cut may take it back, and a kill may leave it without an answer.
 */
export function virtualStore(ports: StorePorts): Store {
  const { agenda, process, disk, delayMs, refuses } = ports;
  const inner = disk.storage.open();
  let lastCommitMs = 0;
  let lastAnswerMs = 0;
  let underWay = 0;
  let onIdle: () => void = () => undefined;

  const answer = (deliver: () => void) => {
    lastAnswerMs = Math.max(lastAnswerMs, agenda.nowMs + delayMs());
    process.laterInOrder(lastAnswerMs, 'store answers', () => {
      disk.flushed();
      underWay -= 1;
      deliver();
      if (underWay === 0) onIdle();
    });
  };
  const write = <T>(work: (tx: Transaction) => Promise<T>): Promise<T> => {
    underWay += 1;
    return new Promise((resolve, reject) => {
      lastCommitMs = Math.max(lastCommitMs, agenda.nowMs + delayMs());
      process.laterInOrder(lastCommitMs, 'store commits', () => {
        if (refuses()) {
          answer(() => reject(new StorageError('full', 'the simulated disk is full')));
          return;
        }
        disk.committing();
        inner.write(work).then(
          (value) => answer(() => resolve(value)),
          (error: unknown) => answer(() => reject(error)),
        );
      });
    });
  };
  /** What is read is as old as the moment at which it is read, between the call and the answer. */
  const delayed = <R extends object>(reader: R): R => {
    const methods = reader as unknown as Reader; // Every method of a reader takes values and gives a promise.
    return new Proxy(reader, {
      get:
        (_, name) =>
        (...args: unknown[]) =>
          new Promise((resolve, reject) => {
            process.later(delayMs(), 'store reads', () => {
              const read = methods[String(name)];
              if (read === undefined) throw new Error(`the store has no ${String(name)}`);
              read
                .apply(reader, args)
                .then((value) => process.later(delayMs(), 'store has read', () => resolve(value)), reject);
            });
          }),
    });
  };
  return {
    id: inner.id,
    write,
    runs: delayed(inner.runs),
    steps: delayed(inner.steps),
    events: delayed(inner.events),
    snapshots: delayed(inner.snapshots),
    leases: delayed(inner.leases),
    keys: delayed(inner.keys),
    consumers: delayed(inner.consumers),
    waits: delayed(inner.waits),
    tokens: delayed(inner.tokens),
    close: async () => {
      if (underWay > 0)
        await new Promise<void>((resolve) => {
          onIdle = resolve;
        });
    },
  };
}
