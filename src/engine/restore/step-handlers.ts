import { CHECKPOINT_METADATA_FILE } from '../steps/checkpoint-metadata.js';
import type { CheckpointFiles } from './checkpoint-files.js';
import { PYTHON_JSON } from './json-dialect.js';
import { readValue, skipValue } from './json-generic.js';
import { JsonReader } from './json-reader.js';
import { isObject, type JsonValue } from './json-value.js';
import { MAX_JSON_BYTES } from './limits.js';
import { unreadable } from './restore-error.js';
import { fileChunks, type TextChunks } from './text-chunks.js';

/** Which classes saved a step, by `item_handlers` of its `_CHECKPOINT_METADATA`. */
export interface StepHandlers {
  /** The handler of a step that is itself the item. */
  readonly own: string | null;
  /** By item; null where Orbax did not know the class. Empty in steps of Orbax 0.10 and older. */
  readonly items: ReadonlyMap<string, string | null>;
}

export const NO_HANDLERS: StepHandlers = { own: null, items: new Map() };

/** @throws RestoreError when the file is there and cannot be understood. */
export function readStepHandlers(files: CheckpointFiles): StepHandlers {
  const text = fileChunks(files, CHECKPOINT_METADATA_FILE, MAX_JSON_BYTES);
  if (text === null) return NO_HANDLERS;
  const handlers = readHandlers(text);
  if (handlers === null) return NO_HANDLERS;
  if (typeof handlers === 'string') return { own: handlers, items: new Map() };
  if (!isObject(handlers))
    throw unreadable(CHECKPOINT_METADATA_FILE, 'item_handlers is neither a name nor an object');
  const items = [...handlers].map(
    ([item, handler]) => [item, typeof handler === 'string' ? handler : null] as const,
  );
  return { own: null, items: new Map(items) };
}

function readHandlers(text: TextChunks): JsonValue {
  const reader = new JsonReader(text, CHECKPOINT_METADATA_FILE, PYTHON_JSON);
  const found: JsonValue[] = [];
  reader.object((key) => {
    if (key === 'item_handlers') found.push(readValue(reader));
    else skipValue(reader);
  });
  reader.end();
  return found.at(-1) ?? null;
}
