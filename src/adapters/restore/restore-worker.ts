import { parentPort } from 'node:worker_threads';
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
import type { RestoreReply } from './restore-worker-protocol.js';

/** Does one task after the other: everything in it is synchronous, on files that nobody vouches for. */
parentPort?.on('message', (task: RestoreTask) => {
  const reply = perform(task);
  // The bytes are moved to the other thread, not copied.
  parentPort?.postMessage(reply, reply.kind === 'answer' ? reply.json.map((piece) => piece.buffer) : []);
});

function perform(task: RestoreTask): RestoreReply {
  const sink = new ByteSink();
  try {
    const item = answer(task, sink);
    return { kind: 'answer', item, json: sink.finish() };
  } catch (error) {
    return refusal(error);
  }
}

/** Writes the answer and returns the name of the item that it is about. */
function answer(task: RestoreTask, sink: ByteSink): string | null {
  const write = (text: string) => sink.write(text);
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

function refusal(error: unknown): RestoreReply {
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
