import type { CheckpointFiles } from './checkpoint-files.js';
import { TENSORSTORE_JSON } from './json-dialect.js';
import { readDocument } from './json-generic.js';
import { JsonReader } from './json-reader.js';
import { isObject, type JsonValue } from './json-value.js';
import { MAX_JSON_BYTES } from './limits.js';
import { missing } from './restore-error.js';
import { fileChunks } from './text-chunks.js';
import { parameterName, type TreeEntry } from './tree-entry.js';
import { STRING_TYPE } from './value-types.js';
import type { Problems } from './verification.js';

/** Where Orbax keeps the values of string leaves, by parameter name. */
const STRINGS_FILE = '_strings.json';

/** Checks that every string leaf has its string. */
export function verifyStrings(
  files: CheckpointFiles,
  entries: readonly TreeEntry[],
  problems: Problems,
): void {
  const names = entries
    .filter((entry) => entry.valueType === STRING_TYPE)
    .map((entry) => parameterName(entry.path));
  if (names.length === 0) return;
  const document = problems.attempt(() => readStrings(files));
  if (document === null) return;
  for (const name of names) {
    if (typeof lookUp(document, name) !== 'string') {
      problems.add(STRINGS_FILE, 'missing', `no string for ${JSON.stringify(name)}`);
    }
  }
}

function readStrings(files: CheckpointFiles): JsonValue {
  const text = fileChunks(files, STRINGS_FILE, MAX_JSON_BYTES);
  if (text === null) throw missing(STRINGS_FILE);
  const reader = new JsonReader(text, STRINGS_FILE, TENSORSTORE_JSON);
  const document = readDocument(reader);
  return document;
}

/** Orbax uses the name as a JSON pointer, in which slashes lead downwards and `~1`, `~0` stand for `/` and `~`. */
function lookUp(document: JsonValue, name: string): JsonValue | undefined {
  let at: JsonValue | undefined = document;
  for (const token of name.split('/')) {
    const key = token.replaceAll('~1', '/').replaceAll('~0', '~');
    at = isObject(at) ? at.get(key) : undefined;
  }
  return at;
}
