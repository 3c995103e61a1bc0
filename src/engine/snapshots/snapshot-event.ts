import type { EventDraft, EventType } from '../events/event.js';
import type { SnapshotRecord } from '../holdings/snapshot.js';
import type { JsonObject } from '../json.js';
import { isoTime } from '../units.js';

export function snapshotEvent(
  type: Extract<EventType, `snapshot.${string}`>,
  snapshot: SnapshotRecord,
  time: number,
  more: JsonObject = {},
): EventDraft {
  const { id, run, step, generation, path, mode, sizeBytes, fileCount, createdAt, stepName } = snapshot;
  const data = {
    number: id,
    run,
    step,
    generation,
    path,
    mode,
    size_bytes: sizeBytes,
    file_count: fileCount,
    created_at: isoTime(createdAt),
    ...more,
  };
  return { run, type, subject: stepName, time, data };
}
