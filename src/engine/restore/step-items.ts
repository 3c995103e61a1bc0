import type { CheckpointFiles } from './checkpoint-files.js';
import { MANIFEST_FILE } from './ocdbt/manifest.js';
import { RestoreError } from './restore-error.js';
import { TREE_METADATA_FILE } from './tree-metadata.js';

/** Part of the name of what Orbax has not yet renamed into place. */
export const TEMPORARY_MARK = '.orbax-checkpoint-tmp';
/** Files that only an item has at its top; a step that has one was saved straight into its directory. */
const ITEM_FILES: readonly string[] = [TREE_METADATA_FILE, MANIFEST_FILE, '_sharding', 'checkpoint'];

/** An item's name, and its files; the name is null when the step itself is the item. */
export interface SelectedItem {
  readonly item: string | null;
  readonly files: CheckpointFiles;
}

/** The names of a step's items, sorted; none when the step itself is the item. */
export function listItems(files: CheckpointFiles): string[] {
  if (ITEM_FILES.some((file) => files.size(file) !== null)) return [];
  return (files.list('') ?? [])
    .filter((entry) => entry.kind === 'directory' && !entry.name.includes(TEMPORARY_MARK))
    .map((entry) => entry.name)
    .sort();
}

/**
 * Picks an item of a step.
 *
 * @param files the step's directory.
 * @param item null when the request names none, which only a step with one item or none allows.
 * @throws RestoreError `item_not_found`, or `item_required` when there are several.
 */
export function selectItem(files: CheckpointFiles, item: string | null): SelectedItem {
  const items = listItems(files);
  if (item !== null) {
    if (items.includes(item)) return { item, files: files.within(item) };
    const known =
      items.length === 0 ? 'it was saved straight into its directory' : `it has ${items.join(', ')}`;
    throw new RestoreError('item_not_found', `the step has no item ${JSON.stringify(item)}: ${known}`);
  }
  if (items.length > 1) {
    throw new RestoreError('item_required', `the step has several items, name one of ${items.join(', ')}`);
  }
  const only = items[0];
  return only === undefined ? { item: null, files } : { item: only, files: files.within(only) };
}
