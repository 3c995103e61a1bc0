import type { StepContent } from '../inspection.js';
import type { JsonObject } from '../json.js';
import { CHECKPOINT_METADATA_FILE, type CheckpointMetadata } from './checkpoint-metadata.js';
import { COMMIT_SUCCESS_FILE } from './commit-marker.js';
import { itemsOf } from './items.js';
import { MetadataError } from './metadata-error.js';
import { parsePythonJson } from './python-json.js';

/** Orbax's record of a checkpointable that is being deleted (`CHECKPOINT_DELETION_KEY`, since 0.12.8). */
export const DELETION_RECORD_FILE = '_CHECKPOINT_DELETION';

/** The name of the item that a record of a deletion is about; throws MetadataError. */
export function parseDeletion(bytes: Uint8Array): string {
  const { value } = parsePythonJson(DELETION_RECORD_FILE, bytes);
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  // The check above leaves objects alone, which the type of a read-only array hides.
  const name = isObject ? (value as JsonObject)['checkpointable_name'] : null;
  if (typeof name !== 'string') throw new MetadataError(`${DELETION_RECORD_FILE} names no checkpointable.`);
  return name;
}

/** A step with more items than this is compared as a whole: what is beside its items counts, too. */
const MAX_ITEMS = 1000;

/**
 * Files that come and go without anybody's intent: NFS and FUSE keep a deleted file that is still open under such a name, macOS
 * and programs that lock leave theirs. They are no part of a checkpoint, wherever they are.
 */
export function isTransient(name: string): boolean {
  return (
    name.startsWith('.nfs') ||
    name.startsWith('.fuse_hidden') ||
    name.startsWith('._') ||
    name === '.DS_Store' ||
    name.endsWith('.lock')
  );
}

/**
 * Paths within a step that are the checkpoint: its items and Orbax's own marks. Anything beside them, such as the results of an
 * evaluation, may come, change and go. Empty: everything counts, because nothing in the step says what its items are.
 */
export function payloadOf(
  metadata: CheckpointMetadata | null,
  content: Pick<StepContent, 'topLevel'>,
): readonly string[] {
  if (metadata === null) return [];
  const items = itemsOf(metadata, content);
  if (items.length === 0 || items.length > MAX_ITEMS) return [];
  return [...items, CHECKPOINT_METADATA_FILE, COMMIT_SUCCESS_FILE];
}

/** Whether a path is one of the payload's, or lies below one. */
export function isPayload(payload: readonly string[], path: string): boolean {
  return payload.length === 0 || payload.some((item) => path === item || path.startsWith(`${item}/`));
}

/** Whether a directory holds some of the payload: it is part of it, or leads to an item whose name has slashes. */
export function leadsToPayload(payload: readonly string[], path: string): boolean {
  return isPayload(payload, path) || path === '' || payload.some((item) => item.startsWith(`${path}/`));
}
