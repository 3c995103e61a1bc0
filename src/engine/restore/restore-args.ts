import { type ArrayLayout, metadataKey, readArrays } from './array-store.js';
import type { CheckpointSource } from './checkpoint-files.js';
import { pythonType } from './data-type.js';
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

/** What the file of a checkpoint from before `_METADATA` is called: flax wrote all of it into one msgpack. */
const MSGPACK_FILE = 'checkpoint';

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
  const layout = { ocdbt: usesOcdbt(source, tree), zarr3: tree.useZarr3 };
  const filled = tree.entries.filter((entry) => !entry.skipDeserialize);
  for (const entry of filled) checkValueType(entry);
  const keys = new Set<string>();
  for (const entry of filled) if (entry.valueType !== STRING_TYPE) keys.add(keyOf(entry, layout));
  const arrays = readArrays(source, keys, layout);
  const shardings = shardingsOf(source, filled);
  const empty = tree.entries.filter((entry) => entry.skipDeserialize).map(emptyNode);
  const leafOf = (entry: TreeEntry): RestoreLeaf => {
    if (entry.valueType === STRING_TYPE) {
      return { path: entry.path, type: 'RestoreArgs', restore_type: 'str', dtype: null };
    }
    const file = keyOf(entry, layout);
    const array = arrays.get(file);
    if (array === undefined) throw missing(file);
    const name = parameterName(entry.path);
    return arrayLeaf(entry, array, shardings?.get(name) ?? null, file, options);
  };
  for (const entry of filled) checkLeaf(leafOf(entry));
  return {
    leaves: { [Symbol.iterator]: () => leavesOf(filled, leafOf) },
    empty,
    custom_metadata: tree.customMetadata,
  };
}

/** One at a time: a hundred thousand of them, each with its shape and sharding, are not kept. */
function* leavesOf(
  entries: readonly TreeEntry[],
  leafOf: (entry: TreeEntry) => RestoreLeaf,
): Generator<RestoreLeaf> {
  for (const entry of entries) yield leafOf(entry);
}

function keyOf(entry: TreeEntry, layout: ArrayLayout): string {
  return metadataKey(parameterName(entry.path), layout);
}

/** Orbax puts the shardings into a tree of the same form, and such a tree cannot be nothing but a None. */
function checkLeaf(leaf: RestoreLeaf): void {
  if (leaf.path.length > 0 || leaf.type === 'ArrayRestoreArgs') return;
  throw new RestoreError('unsupported_type', 'the tree is a single leaf without a sharding', {
    file: TREE_METADATA_FILE,
  });
}

function openTree(source: CheckpointSource): TreeMetadata {
  const tree = readTreeMetadata(source.files);
  if (tree !== null) return tree;
  const detail =
    source.files.size(MSGPACK_FILE) === null
      ? 'the file is missing: this is no PyTree checkpoint'
      : `the file is missing: this is an old msgpack checkpoint, whose only metadata is inside \`${MSGPACK_FILE}\``;
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

/** Only jax.Arrays have shardings; without one of them, Orbax does not open the file. */
function shardingsOf(
  source: CheckpointSource,
  entries: readonly TreeEntry[],
): ReadonlyMap<string, Sharding | null> | null {
  const names = entries
    .filter((entry) => entry.valueType === JAX_ARRAY_TYPE)
    .map((entry) => parameterName(entry.path));
  return names.length === 0 ? null : readShardings(source.files, names);
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

function arrayLeaf(
  entry: TreeEntry,
  array: ZarrArray,
  sharding: Sharding | null,
  file: string,
  options: RestoreArgsOptions,
): RestoreLeaf {
  const { path } = entry;
  const dtype = array.dataType.name;
  if (entry.writeShape !== null) {
    const problem = checkWriteShape(entry.writeShape, array, sharding);
    if (problem !== null) {
      throw unreadable(
        file,
        `the shape is [${array.shape.join(', ')}], but in ${TREE_METADATA_FILE} ${problem}`,
      );
    }
  }
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
