import { ARRAY_NAME, isArrayInDatabase, isArrayInFiles } from './array-item.js';
import type { ArrayLayout } from './array-store.js';
import type { CheckpointSource } from './checkpoint-files.js';
import { readMsgpackStructure } from './msgpack-structure.js';
import { MANIFEST_FILE } from './ocdbt/manifest.js';
import { countShardings, readShardings, SHARDING_FILE } from './sharding-file.js';
import { TREE_METADATA_FILE } from './tree-metadata.js';
import type { Problems } from './verification.js';
import { verifyStoredArrays } from './verify-tree.js';

/**
 * Checks an item without `_METADATA`. Two kinds of these are whole: a tree of Orbax 0.4, whose structure is in a msgpack file, and an
 * array that `ArrayCheckpointHandler` saved before 0.11. Newer Orbax restores both.
 *
 * @param isTree null where the step does not tell which handler saved the item.
 */
export function verifyOlderItem(source: CheckpointSource, isTree: boolean | null, problems: Problems): void {
  const { files } = source;
  const layout: ArrayLayout = { ocdbt: files.size(MANIFEST_FILE) !== null, zarr3: false };
  const names = problems.attempt(() => ({ value: arrayNames(source, isTree, layout) }));
  if (names === null) return;
  if (names.value === null) {
    const rest = [MANIFEST_FILE, SHARDING_FILE].find((file) => files.size(file) !== null);
    // Found only beside a tree's metadata, which then was there once.
    if (rest !== undefined)
      problems.add(TREE_METADATA_FILE, 'missing', `the file is missing, though there is ${rest}`);
    return;
  }
  // Chunks of nothing but the fill value were left out then.
  verifyStoredArrays(source, names.value, layout, true, problems);
  // Its keys had another form at first, so only the JSON is checked.
  problems.attempt(() => readShardings(files, []));
}

/** The parameters that are stored as arrays; null when the item is of neither kind. */
function arrayNames(
  source: CheckpointSource,
  isTree: boolean | null,
  layout: ArrayLayout,
): ReadonlySet<string> | null {
  const structure = readMsgpackStructure(source.files);
  if (structure !== null) return structure.inArrays;
  if (isTree === true) return null;
  if (!(layout.ocdbt ? isArrayInDatabase(source) : isArrayInFiles(source.files))) return null;
  // A tree that lost its metadata may have a leaf of that name, among others.
  if (isTree === null && countShardings(source.files) > 1) return null;
  return new Set([ARRAY_NAME]);
}
