import type { StepContent } from '../file-system.js';
import type { CheckpointMetadata } from './checkpoint-metadata.js';

/** Directories of an item's own layout: a step that has them on its top level is itself the item. */
const ITEM_FILES: ReadonlySet<string> = new Set([
  '_METADATA',
  '_sharding',
  'manifest.ocdbt',
  'checkpoint',
  '_PYTREE_METADATA',
]);

/** Names of a step's items, sorted; empty for a step that was saved straight into its directory. */
export function itemsOf(metadata: CheckpointMetadata | null, content: StepContent): readonly string[] {
  if (metadata !== null) return [...(metadata.items ?? [])].sort();
  if (content.topLevel.some(({ name, directory }) => !directory && ITEM_FILES.has(name))) return [];
  return content.topLevel
    .filter(({ directory }) => directory)
    .map(({ name }) => name)
    .sort();
}

/** An item that the metadata names and the directory lacks; null when all are there. */
export function missingItem(metadata: CheckpointMetadata, content: StepContent): string | null {
  const present = new Set(content.topLevel.map(({ name }) => name));
  // An item's name may have slashes: its first component is what the top level shows.
  return metadata.items?.find((item) => !present.has(item.split('/', 1)[0] ?? item)) ?? null;
}
