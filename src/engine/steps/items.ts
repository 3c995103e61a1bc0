import type { StepContent } from '../inspection.js';
import type { CheckpointMetadata } from './checkpoint-metadata.js';
import { isTemporaryName } from './commit-marker.js';

/** Files that stand at the top of an item only: a step that has one was saved straight into its directory. */
export const ITEM_FILES: readonly string[] = ['_METADATA', '_sharding', 'manifest.ocdbt', 'checkpoint'];

/** Names of a step's items, sorted; empty for a step that was saved straight into its directory. */
export function itemsOf(
  metadata: CheckpointMetadata | null,
  content: Pick<StepContent, 'topLevel'>,
): readonly string[] {
  if (metadata !== null && metadata.items !== null) return [...metadata.items].sort();
  if (content.topLevel.some(({ name, directory }) => !directory && ITEM_FILES.includes(name))) return [];
  return content.topLevel
    .filter(({ name, directory }) => directory && !isTemporaryName(name))
    .map(({ name }) => name)
    .sort();
}

/** An item that the metadata names and the directory lacks; null when all are there. */
export function missingItem(metadata: CheckpointMetadata, content: StepContent): string | null {
  const present = new Set(content.topLevel.map(({ name }) => name));
  // An item's name may have slashes: its first component is what the top level shows.
  return metadata.items?.find((item) => !present.has(item.split('/', 1)[0] ?? item)) ?? null;
}
