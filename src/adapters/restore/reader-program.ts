import type { RestoreTask } from '../../engine/restore/checkpoint-reader.js';
import { constructRestoreArgs } from '../../engine/restore/construct-restore-args.js';
import { restoreArgsTexts } from '../../engine/restore/document-json.js';
import { readRestoreArgs } from '../../engine/restore/restore-args.js';
import { RestoreError } from '../../engine/restore/restore-error.js';
import { selectItem } from '../../engine/restore/step-items.js';
import { readTargetBody } from '../../engine/restore/target-body.js';
import { verificationJson } from '../../engine/restore/verification-json.js';
import { verifyStep } from '../../engine/restore/verify-step.js';
import { DirectoryFiles } from './directory-files.js';
import { nodeCodecs } from './node-codecs.js';
import { type FromReader, PIECES_AT_ONCE, type ToReader } from './reader-protocol.js';
import { utf8Pieces } from './utf8-pieces.js';

/** Does one task after the other: all reading is synchronous, on files that nobody vouches for. */
process.on('message', (message: ToReader) => {
  if (message.kind === 'more') {
    wanted += 1;
    wake();
    return;
  }
  const task = take(message);
  if (task !== null) void perform(task);
});
process.on('disconnect', () => process.exit());

// Signals to the whole group are for the server, which answers what is under way.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR2'] as const)
  process.on(signal, () => undefined);

let body = new Uint8Array();
let received = 0;

/** The task that is complete with this message; null: its body is not. */
function take(message: Exclude<ToReader, { kind: 'more' }>): RestoreTask | null {
  if (message.kind === 'construct') {
    body = new Uint8Array(message.bodyBytes);
    received = 0;
  } else if (message.kind === 'piece') {
    body.set(message.bytes, received);
    received += message.bytes.length;
  } else return message;
  return received === body.length ? { kind: 'construct', body } : null;
}

/** Resolves when the message has gone, so that nothing piles up here. */
function send(message: FromReader): Promise<void> {
  return new Promise((resolve) => {
    process.send?.(message, undefined, undefined, () => resolve());
  });
}

/** Pieces asked for and not sent: one may be asked for before this program knows that the last one has gone. */
let wanted = 0;
let wake: () => void = () => undefined;

/** Resolves when the next piece is asked for. */
async function asked(): Promise<void> {
  if (wanted === 0)
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
  wanted -= 1;
}

async function perform(task: RestoreTask): Promise<void> {
  try {
    const { item, texts } = answer(task);
    let sent = 0;
    for (const bytes of utf8Pieces(texts)) {
      if (sent === PIECES_AT_ONCE) await send({ kind: 'held', item });
      if (sent >= PIECES_AT_ONCE) await asked();
      await send({ kind: 'piece', bytes });
      sent += 1;
    }
    await send({ kind: 'answer', item });
  } catch (error) {
    await send(refusal(error));
  }
}

interface Answer {
  /** Name of the item that it is about. */
  readonly item: string | null;
  /** JSON, made up as it is taken; nothing is read any more. */
  readonly texts: Iterable<string>;
}

function answer(task: RestoreTask): Answer {
  switch (task.kind) {
    case 'restore_args': {
      const { item, files } = selectItem(new DirectoryFiles(task.directory), task.item);
      return { item, texts: restoreArgsTexts(readRestoreArgs({ files, codecs: nodeCodecs }, task)) };
    }
    case 'verify': {
      const source = { files: new DirectoryFiles(task.directory), codecs: nodeCodecs };
      return { item: null, texts: [verificationJson(verifyStep(source))] };
    }
    case 'construct':
      return { item: null, texts: restoreArgsTexts(constructRestoreArgs(readTargetBody(task.body))) };
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
