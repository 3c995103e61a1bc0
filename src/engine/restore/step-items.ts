import { isTemporaryName } from '../steps/commit-marker.js';
import { ITEM_FILES } from '../steps/items.js';
import { isArrayInFiles } from './array-item.js';
import type { CheckpointFiles } from './checkpoint-files.js';
import { RestoreError } from './restore-error.js';
import { TREE_METADATA_FILE } from './tree-metadata.js';

/** An item's name may have slashes; a real one has hardly any. */
const MAX_NAME_DEPTH = 4;

/** An item's name, and its files; the name is null when the step itself is the item. */
export interface SelectedItem {
  readonly item: string | null;
  readonly files: CheckpointFiles;
}

/** The names of the directories in a step that are items or hold some, sorted; none when the step itself is the item. */
export function listItems(files: CheckpointFiles): string[] {
  return holdsItem(files) ? [] : subdirectories(files);
}

/**
 * Picks an item of a step.
 *
 * @param files the step's directory.
 * @param item null when the request names none, which only a step with one item or none allows. The metrics that a CheckpointManager
 *   saves beside a tree are an item, too.
 * @throws RestoreError `item_not_found`, or `item_required` when there are several.
 */
export function selectItem(files: CheckpointFiles, item: string | null): SelectedItem {
  const items = listItems(files);
  if (item !== null) {
    if (items.includes(item) || isNested(files, item)) return { item, files: files.within(item) };
    const known =
      items.length === 0 ? 'it was saved straight into its directory' : `it has ${items.join(', ')}`;
    throw new RestoreError('item_not_found', `the step has no item ${JSON.stringify(item)}: ${known}`);
  }
  const candidates = items.flatMap((name) => itemsAt(files.within(name), name));
  if (candidates.length > 1) {
    throw new RestoreError(
      'item_required',
      `the step has several items, name one of ${candidates.join(', ')}`,
    );
  }
  const only = candidates[0];
  return only === undefined ? { item: null, files } : { item: only, files: files.within(only) };
}

/** Whether the directory is itself an item: a tree, or an array. */
export function holdsItem(files: CheckpointFiles): boolean {
  const entries = files.list('') ?? [];
  if (entries.some(({ name, kind }) => kind !== 'directory' && ITEM_FILES.includes(name))) return true;
  return isArrayInFiles(files);
}

/** The item at `name`, or those below it. One that is damaged still counts. */
function itemsAt(files: CheckpointFiles, name: string): string[] {
  if (holdsItem(files)) return [name];
  const nested = nestedTrees(files, name, 1);
  return nested.length > 0 ? nested : [name];
}

/** Only a tree with its metadata counts below another directory: a damaged item has databases of its own there. */
function nestedTrees(files: CheckpointFiles, name: string, depth: number): string[] {
  if (depth >= MAX_NAME_DEPTH) return [];
  return subdirectories(files).flatMap((directory) => {
    const inner = files.within(directory);
    const path = `${name}/${directory}`;
    return inner.size(TREE_METADATA_FILE) === null ? nestedTrees(inner, path, depth + 1) : [path];
  });
}

function subdirectories(files: CheckpointFiles): string[] {
  return (files.list('') ?? [])
    .filter((entry) => entry.kind === 'directory' && !isTemporaryName(entry.name))
    .map((entry) => entry.name)
    .sort();
}

/** Whether a name with slashes is an item's. The name comes from a client: it may lead nowhere else. */
function isNested(files: CheckpointFiles, name: string): boolean {
  const parts = name.split('/');
  if (parts.length < 2 || parts.length > MAX_NAME_DEPTH || name.includes('\0')) return false;
  if (isTemporaryName(name) || parts.some((part) => part === '' || part === '.' || part === '..'))
    return false;
  if (holdsItem(files)) return false;
  return files.size(`${name}/${TREE_METADATA_FILE}`) !== null;
}
