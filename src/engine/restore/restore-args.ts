import { metadataKey, readArrays } from './array-store.js';
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
  const inArrays = filled.filter((entry) => entry.valueType !== STRING_TYPE);
  const keyOf = (entry: TreeEntry) => metadataKey(parameterName(entry.path), layout);
  const arrays = readArrays(source, new Set(inArrays.map(keyOf)), layout);
  const shardings = shardingsOf(source, filled);
  const leaves: RestoreLeaf[] = [];
  const empty: EmptyNode[] = [];
  for (const entry of tree.entries) {
    if (entry.skipDeserialize) empty.push(emptyNode(entry));
    else if (entry.valueType === STRING_TYPE) {
      leaves.push({ path: entry.path, type: 'RestoreArgs', restore_type: 'str', dtype: null });
    } else {
      const file = keyOf(entry);
      const array = arrays.get(file);
      if (array === undefined) throw missing(file);
      const sharding = shardings?.get(parameterName(entry.path)) ?? null;
      leaves.push(arrayLeaf(entry, array, sharding, file, options));
    }
  }
  checkBareLeaf(leaves[0]);
  return { leaves, empty, custom_metadata: tree.customMetadata };
}

/** Orbax puts the shardings into a tree of the same form, and such a tree cannot be nothing but a None. */
function checkBareLeaf(leaf: RestoreLeaf | undefined): void {
  if (leaf === undefined || leaf.path.length > 0 || leaf.type === 'ArrayRestoreArgs') return;
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
