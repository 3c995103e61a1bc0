import { CHECKPOINT_METADATA_FILE, METRICS_FILE, METRICS_ITEM } from '../steps/checkpoint-metadata.js';
import { COMMIT_SUCCESS_FILE, isTemporaryName } from '../steps/commit-marker.js';
import type { CheckpointFiles, CheckpointSource } from './checkpoint-files.js';
import { holdsItem } from './step-items.js';
import { readTreeMetadata, TREE_METADATA_FILE } from './tree-metadata.js';
import { type Problem, Problems } from './verification.js';
import { verifyJson } from './verify-json.js';
import { verifyOlderItem } from './verify-older-item.js';
import { verifyTree } from './verify-tree.js';

/** What the step says of an item. */
export interface DescribedItem {
  /** Null when the step itself is the item. */
  readonly name: string | null;
  /** Name of the class that saved the item, with its package; null in older steps, and where Orbax did not know it. */
  readonly handler: string | null;
}

/** An item may consist of further ones: a random key is stored as an array beside a JSON file. */
const MAX_NESTING = 3;
const TREE_HANDLER = /\.(PyTree|Standard)CheckpointHandler$/;
const ARRAY_HANDLER = /\.ArrayCheckpointHandler$/;
const JSON_HANDLER = /\.JsonCheckpointHandler$/;
const KEY_HANDLER = /RandomKeyCheckpointHandler$/;
/** End of the name of the directory that describes a random key, beside the key's own. */
const KEY_DESCRIPTION = '_metadata';
/** What `JsonCheckpointHandler` calls its file unless it is told another name. */
const JSON_FILE = 'metadata';
const MARKS: ReadonlySet<string> = new Set([CHECKPOINT_METADATA_FILE, COMMIT_SUCCESS_FILE]);

/**
 * Everything that is wrong with an item: each checksum must be right, each referenced data file present and long enough, and every record
 * of the same thing in agreement. JSON must be JSON. The files of other handlers are not known here; what is nested beside them and is a
 * PyTree or an array is checked.
 */
export function verifyItem(source: CheckpointSource, item: DescribedItem): readonly Problem[] {
  const problems = new Problems();
  verifyDirectory(source, item.handler, problems);
  for (const file of jsonFiles(source.files, item)) problems.attempt(() => verifyJson(source.files, file));
  return problems.list;
}

function verifyDirectory(source: CheckpointSource, handler: string | null, problems: Problems): void {
  const { files } = source;
  if (!holdsItem(files)) {
    verifyNested(source, problems, 1);
    return;
  }
  if (files.size(TREE_METADATA_FILE) === null) {
    verifyOlderItem(source, isTree(handler), problems);
    return;
  }
  const tree = problems.attempt(() => readTreeMetadata(files));
  if (tree !== null) verifyTree(source, tree, problems);
}

function isTree(handler: string | null): boolean | null {
  if (handler === null) return null;
  if (TREE_HANDLER.test(handler)) return true;
  return ARRAY_HANDLER.test(handler) ? false : null;
}

function verifyNested(source: CheckpointSource, problems: Problems, depth: number): void {
  if (depth > MAX_NESTING) return;
  for (const { name, kind } of source.files.list('') ?? []) {
    if (kind !== 'directory' || isTemporaryName(name)) continue;
    const inner = { ...source, files: source.files.within(name) };
    const found = new Problems();
    if (holdsItem(inner.files)) verifyDirectory(inner, null, found);
    else verifyNested(inner, found, depth + 1);
    for (const { file, code, detail } of found.list) problems.add(`${name}/${file}`, code, detail);
  }
}

/** The files of the item that must be JSON. */
function jsonFiles(files: CheckpointFiles, { name, handler }: DescribedItem): readonly string[] {
  const entries = files.list('') ?? [];
  if (handler !== null && KEY_HANDLER.test(handler)) {
    return entries
      .filter((entry) => entry.kind === 'directory' && entry.name.endsWith(KEY_DESCRIPTION))
      .map((entry) => `${entry.name}/${JSON_FILE}`);
  }
  const own = entries
    .filter((entry) => entry.kind !== 'directory' && !MARKS.has(entry.name))
    .map((entry) => entry.name);
  if (handler === null || !JSON_HANDLER.test(handler))
    return name === METRICS_ITEM && own.includes(METRICS_FILE) ? [METRICS_FILE] : [];
  const usual = [JSON_FILE, METRICS_FILE].filter((file) => own.includes(file));
  if (usual.length > 0) return usual;
  if (own.length === 0) return [JSON_FILE];
  // A handler with a file name of the trainer's own; which one it is among several is not known.
  return own.length === 1 ? own : [];
}
