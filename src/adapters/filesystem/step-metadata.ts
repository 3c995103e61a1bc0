import type { FileContent, StepContent } from '../../engine/inspection.js';
import {
  CHECKPOINT_METADATA_FILE,
  METRICS_FILE,
  METRICS_ITEM,
  MetadataError,
  parseCheckpointMetadata,
  parseMetrics,
} from '../../engine/steps/checkpoint-metadata.js';
import { DELETION_RECORD_FILE, parseDeletion } from '../../engine/steps/payload.js';
import { MAX_BYTES } from '../../engine/steps/python-json.js';
import type { DirectoryHandle } from './directory-handle.js';
import { errnoOf, isMissing } from './errno.js';
import type { Os } from './os.js';
import { readSmallFile } from './read-small-file.js';

export function readMetadata(os: Os, step: DirectoryHandle): StepContent['metadata'] {
  return readJson(os, step, CHECKPOINT_METADATA_FILE, parseCheckpointMetadata);
}

/** The item that a record of a deletion names; '' where the record cannot be read. Null: it has gone. */
export function readDeletion(os: Os, step: DirectoryHandle): string | null {
  const record = readJson(os, step, DELETION_RECORD_FILE, parseDeletion);
  if (record === null) return null;
  return record.outcome === 'read' ? record.value : '';
}

export function readMetrics(os: Os, step: DirectoryHandle): StepContent['metrics'] {
  let item: DirectoryHandle;
  try {
    item = step.child('read metrics', METRICS_ITEM);
  } catch (error) {
    const errno = errnoOf(error);
    // A file or link of that name is no item, so there are no metrics: its own trouble shows up elsewhere.
    if (isMissing(errno) || errno === 'ELOOP') return null;
    return { outcome: 'corrupt', reason: `The metrics item cannot be read: ${errno}.` };
  }
  try {
    const metrics = readJson(os, item, METRICS_FILE, parseMetrics);
    // A trainer that saved None has no metrics.
    if (metrics?.outcome !== 'read') return metrics;
    return metrics.value === null ? null : { outcome: 'read', value: metrics.value };
  } finally {
    item.close();
  }
}

function readJson<T>(
  os: Os,
  directory: DirectoryHandle,
  name: string,
  parse: (bytes: Uint8Array) => T,
): FileContent<T> | null {
  // The parser has the same limit; here it spares the reading.
  const file = readSmallFile(os, `read ${name}`, directory, name, MAX_BYTES);
  if (file.outcome === 'absent') return null;
  if (file.outcome === 'refused') return { outcome: 'corrupt', reason: `${file.why}.` };
  try {
    return { outcome: 'read', value: parse(file.bytes) };
  } catch (error) {
    if (error instanceof MetadataError) return { outcome: 'corrupt', reason: error.message };
    throw error;
  }
}
