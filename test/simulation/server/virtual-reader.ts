import type { CheckpointReader } from '../../../src/engine/restore/checkpoint-reader.js';
import { RestoreError } from '../../../src/engine/restore/restore-error.js';
import type { Process } from './process.js';

export interface ReaderPorts {
  readonly process: Process;
  readonly delayMs: () => number;
  /** The files of a step; null when there is no such directory. */
  readonly filesOf: (directory: string) => readonly string[] | null;
}

/** A reader that answers with the names of a step's files: what real readers do with the bytes is no matter of order. */
export function virtualReader({ process, delayMs, filesOf }: ReaderPorts): CheckpointReader {
  return {
    run: (task) =>
      new Promise((resolve, reject) => {
        process.later(delayMs(), `reader ${task.kind}`, () => {
          const files = task.kind === 'construct' ? [] : filesOf(task.directory);
          if (files === null) {
            reject(new RestoreError('metadata_unreadable', 'there is no such directory'));
            return;
          }
          const json = new TextEncoder().encode(JSON.stringify({ files }));
          resolve({ item: null, json: [json] });
        });
      }),
  };
}
