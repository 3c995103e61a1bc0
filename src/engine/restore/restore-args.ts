import { type ArrayLayout, metadataKey, readArrays } from './array-store.js';
import type { CheckpointSource } from './checkpoint-files.js';
import { pythonType } from './data-type.js';
import { hasMsgpackFile, MSGPACK_FILE } from './msgpack-structure.js';
import { MANIFEST_FILE } from './ocdbt/manifest.js';
import type { EmptyNode, RestoreArgsDocument, RestoreLeaf } from './restore-document.js';
import { missing, RestoreError, unreadable } from './restore-error.js';
import type { Sharding } from './sharding.js';
import { readShardings } from './sharding-file.js';
import { parameterName, type TreeEntry } from './tree-entry.js';
import { readTreeMetadata, TREE_METADATA_FILE, type TreeMetadata } from './tree-metadata.js';
import { ARRAY_TYPES, emptyTypeOf, JAX_ARRAY_TYPE, SCALAR_TYPE, STRING_TYPE } from './value-types.js';
import { checkWriteShape } from './write-shape.js';
import type { ZarrArray } from './zarr-array.js';

export interface RestoreArgsOptions {
  /** Put the arrays' shapes into the answer. */
  readonly setGlobalShape: boolean;
  /** False lets a restore pad or cut arrays that do not fit their sharding. */
  readonly strict: boolean;
}

/**
 * What Orbax's `construct_restore_args(handler.metadata(item))` gives for the item, from the item's own files.
 *
 * @throws RestoreError `metadata_unreadable`, also where Orbax itself raises; `unsupported_type` for a leaf of a kind
 *   that `construct_restore_args` refuses.
 */
export function readRestoreArgs(source: CheckpointSource, options: RestoreArgsOptions): RestoreArgsDocument {
  const tree = openTree(source);
  const filled = tree.entries.filter((entry) => !entry.skipDeserialize);
  for (const entry of filled) checkValueType(entry);
  const arrays = arraysOf(source, tree, filled);
  const shardings = shardingsOf(source, filled);
  const empty = tree.entries.filter((entry) => entry.skipDeserialize).map(emptyNode);
  const leafAt = (i: number, entry: TreeEntry): RestoreLeaf =>
    restoreLeaf(entry, arrays[i] ?? null, shardings[i] ?? null, options);
  for (const [i, entry] of filled.entries()) {
    checkShape(entry, arrays[i] ?? null, shardings[i] ?? null);
    if (entry.path.length === 0) checkBareLeaf(leafAt(i, entry));
  }
  const leaves = { [Symbol.iterator]: () => leavesOf(filled, leafAt) };
  return { leaves, empty, custom_metadata: tree.customMetadata };
}

/** One at a time: a hundred thousand of them, each with its shape and sharding, are not kept. */
function* leavesOf(
  entries: readonly TreeEntry[],
  leafAt: (i: number, entry: TreeEntry) => RestoreLeaf,
): Generator<RestoreLeaf> {
  for (const [i, entry] of entries.entries()) yield leafAt(i, entry);
}

/** The array of each entry; null for strings, which are in none. */
function arraysOf(
  source: CheckpointSource,
  tree: TreeMetadata,
  entries: readonly TreeEntry[],
): readonly (ZarrArray | null)[] {
  const layout: ArrayLayout = { ocdbt: usesOcdbt(source, tree), zarr3: tree.useZarr3 };
  const keys = entries.map((entry) =>
    entry.valueType === STRING_TYPE ? null : metadataKey(parameterName(entry.path), layout),
  );
  const arrays = readArrays(source, new Set(keys.filter((key) => key !== null)), layout);
  return keys.map((key) => (key === null ? null : (arrays.get(key) ?? null)));
}

/** Orbax puts the shardings into a tree of the same form, and such a tree cannot be nothing but a None. */
function checkBareLeaf(leaf: RestoreLeaf): void {
  if (leaf.type === 'ArrayRestoreArgs') return;
  throw new RestoreError('unsupported_type', 'the tree is a single leaf without a sharding', {
    file: TREE_METADATA_FILE,
  });
}

function openTree(source: CheckpointSource): TreeMetadata {
  const tree = readTreeMetadata(source.files);
  if (tree !== null) return tree;
  const detail = hasMsgpackFile(source.files)
    ? `the file is missing: this is an old msgpack checkpoint, whose only metadata is inside \`${MSGPACK_FILE}\``
    : 'the file is missing: this is no PyTree checkpoint';
  throw missing(TREE_METADATA_FILE, detail);
}

/** Checkpoints older than the field are told apart by the manifest. */
export function usesOcdbt(source: CheckpointSource, tree: TreeMetadata): boolean {
  return tree.useOcdbt ?? source.files.size(MANIFEST_FILE) !== null;
}

function checkValueType(entry: TreeEntry): void {
  if (ARRAY_TYPES.has(entry.valueType) || entry.valueType === STRING_TYPE) return;
  throw unreadable(
    TREE_METADATA_FILE,
    `no type handler for ${JSON.stringify(entry.valueType)} of ${JSON.stringify(entry.path)}`,
  );
}

/** The sharding of each entry. Only jax.Arrays have one; where there is none of them, Orbax does not open the file. */
function shardingsOf(source: CheckpointSource, entries: readonly TreeEntry[]): readonly (Sharding | null)[] {
  const names = entries.map((entry) =>
    entry.valueType === JAX_ARRAY_TYPE ? parameterName(entry.path) : null,
  );
  const wanted = names.filter((name) => name !== null);
  const shardings = wanted.length === 0 ? null : readShardings(source.files, wanted);
  return names.map((name) => (name === null ? null : (shardings?.get(name) ?? null)));
}

function emptyNode(entry: TreeEntry): EmptyNode {
  const type = emptyTypeOf(entry.valueType);
  if (type === null) {
    throw new RestoreError(
      'unsupported_type',
      `${JSON.stringify(entry.path)} is a ${JSON.stringify(entry.valueType)} that is not to be read`,
      { file: TREE_METADATA_FILE },
    );
  }
  if (type === 'None' && entry.path.length === 0) throw unreadable(TREE_METADATA_FILE, 'the tree is None');
  return { path: entry.path, value_type: type };
}

function checkShape(entry: TreeEntry, array: ZarrArray | null, sharding: Sharding | null): void {
  if (entry.writeShape === null || array === null) return;
  const problem = checkWriteShape(entry.writeShape, array, sharding);
  if (problem === null) return;
  const name = JSON.stringify(parameterName(entry.path));
  const detail = `${name} is stored with the shape [${array.shape.join(', ')}], but ${problem}`;
  throw unreadable(TREE_METADATA_FILE, detail, undefined, 'contradiction');
}

function restoreLeaf(
  entry: TreeEntry,
  array: ZarrArray | null,
  sharding: Sharding | null,
  options: RestoreArgsOptions,
): RestoreLeaf {
  const { path } = entry;
  if (array === null) return { path, type: 'RestoreArgs', restore_type: 'str', dtype: null };
  const dtype = array.dataType.name;
  if (entry.valueType === SCALAR_TYPE) {
    return { path, type: 'RestoreArgs', restore_type: pythonType(array.dataType.kind), dtype };
  }
  // A jax.Array whose sharding is not known is restored as NumPy's.
  if (sharding === null) return { path, type: 'RestoreArgs', restore_type: 'np.ndarray', dtype };
  return {
    path,
    type: 'ArrayRestoreArgs',
    restore_type: 'jax.Array',
    dtype,
    global_shape: options.setGlobalShape ? array.shape : null,
    sharding,
    strict: options.strict,
  };
}
