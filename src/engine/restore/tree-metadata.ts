import type { CheckpointFiles } from './checkpoint-files.js';
import { PYTHON_JSON } from './json-dialect.js';
import { skipValue } from './json-generic.js';
import { passThrough } from './json-passthrough.js';
import { JsonReader } from './json-reader.js';
import { JsonText } from './json-value.js';
import { MAX_JSON_BYTES, MAX_NODES } from './limits.js';
import { unreadable } from './restore-error.js';
import { ShapePool } from './shape-pool.js';
import { fileChunks, type TextChunks } from './text-chunks.js';
import type { TreeEntry } from './tree-entry.js';
import { readTreeEntry } from './tree-entry-reader.js';
import { arrangeTree } from './tree-structure.js';

export const TREE_METADATA_FILE = '_METADATA';

/** `_METADATA`, which Orbax writes beside the arrays of a PyTree. */
export interface TreeMetadata {
  /** In pytree order. */
  readonly entries: readonly TreeEntry[];
  /** Null in checkpoints older than the field: whether `manifest.ocdbt` exists decides then. */
  readonly useOcdbt: boolean | null;
  readonly useZarr3: boolean;
  /** When false, chunks that hold only the fill value may be missing. */
  readonly storesFillValues: boolean;
  readonly customMetadata: JsonText;
}

/** Null when the directory has no `_METADATA`. */
export function readTreeMetadata(files: CheckpointFiles): TreeMetadata | null {
  const text = fileChunks(files, TREE_METADATA_FILE, MAX_JSON_BYTES);
  return text === null ? null : parseTreeMetadata(text);
}

/**
 * `value_metadata_tree`, the second form of the tree that a handler with rich types writes, is passed over: without
 * that option, Orbax's `metadata()` answers from `tree_metadata` (NamedTuples as dicts, tuples as lists).
 */
export function parseTreeMetadata(text: string | TextChunks): TreeMetadata {
  const reader = new JsonReader(text, TREE_METADATA_FILE, PYTHON_JSON);
  const seen = new Set<string>();
  let entries: TreeEntry[] | null = null;
  let useOcdbt: boolean | null = null;
  let useZarr3 = false;
  let storesFillValues = false;
  let customMetadata = JsonText.null;
  reader.object((key) => {
    if (seen.has(key)) throw reader.fail(`the key ${JSON.stringify(key)} stands twice`);
    seen.add(key);
    if (key === 'tree_metadata') entries = readEntries(reader);
    else if (key === 'use_ocdbt') useOcdbt = reader.null() ? null : reader.boolean();
    else if (key === 'use_zarr3') useZarr3 = reader.null() ? false : reader.boolean();
    else if (key === 'store_array_data_equal_to_fill_value') storesFillValues = reader.boolean();
    else if (key === 'custom_metadata') customMetadata = passThrough(reader);
    else skipValue(reader);
  });
  reader.end();
  if (entries === null) throw unreadable(TREE_METADATA_FILE, 'no tree_metadata');
  const arranged = arrangeTree<TreeEntry>(entries);
  if (typeof arranged === 'string') throw unreadable(TREE_METADATA_FILE, arranged);
  return { entries: arranged, useOcdbt, useZarr3, storesFillValues, customMetadata };
}

function readEntries(reader: JsonReader): TreeEntry[] {
  const names = new Set<string>();
  const shapes = new ShapePool();
  const entries: TreeEntry[] = [];
  reader.object((name) => {
    if (names.has(name)) throw reader.fail(`the entry ${JSON.stringify(name)} stands twice`);
    // A copy of its own: a slice would keep the text around it alive.
    names.add(` ${name}`.slice(1));
    if (names.size > MAX_NODES) throw reader.fail(`more than ${MAX_NODES} nodes`);
    entries.push(readTreeEntry(reader, shapes));
  });
  return entries;
}
