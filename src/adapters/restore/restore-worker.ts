import { parentPort } from 'node:worker_threads';
import { constructRestoreArgs } from '../../engine/restore/construct-restore-args.js';
import { restoreArgsJson } from '../../engine/restore/document-json.js';
import { readRestoreArgs } from '../../engine/restore/restore-args.js';
import { RestoreError } from '../../engine/restore/restore-error.js';
import { selectItem } from '../../engine/restore/step-items.js';
import { verificationJson } from '../../engine/restore/verification-json.js';
import { verifyStep } from '../../engine/restore/verify-step.js';
import { DirectoryFiles } from './directory-files.js';
import { nodeCodecs } from './node-codecs.js';
import type { RestoreReply, RestoreTask } from './restore-worker-protocol.js';

/** Does one task after the other: everything in it is synchronous, on files that nobody vouches for. */
parentPort?.on('message', (task: RestoreTask) => {
  const reply = perform(task);
  // Small answers may share a pool with other buffers; only one that has its memory to itself can be moved.
  const own = reply.kind === 'answer' && reply.json.byteLength === reply.json.buffer.byteLength;
  parentPort?.postMessage(reply, own && reply.json.buffer instanceof ArrayBuffer ? [reply.json.buffer] : []);
});

function perform(task: RestoreTask): RestoreReply {
  try {
    const { item, text } = answer(task);
    return { kind: 'answer', item, json: new TextEncoder().encode(text) };
  } catch (error) {
    return refusal(error);
  }
}

function answer(task: RestoreTask): { item: string | null; text: string } {
  switch (task.kind) {
    case 'restore_args': {
      const { item, files } = selectItem(new DirectoryFiles(task.directory), task.item);
      return { item, text: restoreArgsJson(readRestoreArgs({ files, codecs: nodeCodecs }, task)) };
    }
    case 'verify': {
      const source = { files: new DirectoryFiles(task.directory), codecs: nodeCodecs };
      return { item: null, text: verificationJson(verifyStep(source)) };
    }
    case 'construct':
      return { item: null, text: restoreArgsJson(constructRestoreArgs(task.body)) };
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
