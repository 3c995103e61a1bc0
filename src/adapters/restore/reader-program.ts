import type { RestoreTask } from '../../engine/restore/checkpoint-reader.js';
import { constructRestoreArgs } from '../../engine/restore/construct-restore-args.js';
import { writeRestoreArgs } from '../../engine/restore/document-json.js';
import { readRestoreArgs } from '../../engine/restore/restore-args.js';
import { RestoreError } from '../../engine/restore/restore-error.js';
import { selectItem } from '../../engine/restore/step-items.js';
import { readTargetBody } from '../../engine/restore/target-body.js';
import { verificationJson } from '../../engine/restore/verification-json.js';
import { verifyStep } from '../../engine/restore/verify-step.js';
import { ByteSink } from './byte-sink.js';
import { DirectoryFiles } from './directory-files.js';
import { nodeCodecs } from './node-codecs.js';
import type { FromReader, ToReader } from './reader-protocol.js';

/** Does one task after the other: everything in it is synchronous, on files that nobody vouches for. */
process.on('message', (message: ToReader) => {
  const task = take(message);
  if (task !== null) send(perform(task));
});
process.on('disconnect', () => process.exit());

// Signals to the whole group are for the server, which answers what is under way.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR2'] as const)
  process.on(signal, () => undefined);

let body = new Uint8Array();
let received = 0;

/** The task that is complete with this message; null: its body is not. */
function take(message: ToReader): RestoreTask | null {
  if (message.kind === 'construct') {
    body = new Uint8Array(message.bodyBytes);
    received = 0;
  } else if (message.kind === 'piece') {
    body.set(message.bytes, received);
    received += message.bytes.length;
  } else return message;
  return received === body.length ? { kind: 'construct', body } : null;
}

function send(message: FromReader): void {
  process.send?.(message);
}

function perform(task: RestoreTask): FromReader {
  const sink = new ByteSink((bytes) => send({ kind: 'piece', bytes }));
  try {
    const item = answer(task, (text) => sink.write(text));
    sink.flush();
    return { kind: 'answer', item };
  } catch (error) {
    return refusal(error);
  }
}

/** Writes the answer and returns the name of the item that it is about. */
function answer(task: RestoreTask, write: (text: string) => void): string | null {
  switch (task.kind) {
    case 'restore_args': {
      const { item, files } = selectItem(new DirectoryFiles(task.directory), task.item);
      writeRestoreArgs(readRestoreArgs({ files, codecs: nodeCodecs }, task), write);
      return item;
    }
    case 'verify':
      write(verificationJson(verifyStep({ files: new DirectoryFiles(task.directory), codecs: nodeCodecs })));
      return null;
    case 'construct':
      writeRestoreArgs(constructRestoreArgs(readTargetBody(task.body)), write);
      return null;
  }
}

function refusal(error: unknown): FromReader {
  if (error instanceof RestoreError) {
    const { code, detail, file, offset } = error;
    return { kind: 'refusal', code, detail, file, offset };
  }
  // The stack or a string's length gave out: the input asks for more than any real checkpoint.
  if (error instanceof RangeError) {
    const detail = `more than can be read (${error.message})`;
    return { kind: 'refusal', code: 'metadata_unreadable', detail, file: undefined, offset: undefined };
  }
  return {
    kind: 'failure',
    message: error instanceof Error ? (error.stack ?? error.message) : String(error),
  };
}
