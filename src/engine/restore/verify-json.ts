import type { CheckpointFiles } from './checkpoint-files.js';
import { PYTHON_JSON } from './json-dialect.js';
import { skipValue } from './json-generic.js';
import { JsonReader } from './json-reader.js';
import { MAX_JSON_BYTES } from './limits.js';
import { missing } from './restore-error.js';
import { fileChunks } from './text-chunks.js';

/** Checks that the file is one JSON value, as Python reads it. */
export function verifyJson(files: CheckpointFiles, file: string): void {
  const text = fileChunks(files, file, MAX_JSON_BYTES);
  if (text === null) throw missing(file);
  const reader = new JsonReader(text, file, PYTHON_JSON);
  skipValue(reader);
  reader.end();
}
