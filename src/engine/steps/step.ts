import type { JsonObject } from '../json.js';

export type StepState = 'finalized' | 'temporary' | 'deleting' | 'foreign';

/** One directory entry of a checkpoint root as the index knows it. */
export interface StepEntry {
  readonly name: string;
  /** Null for entries whose name holds no step number. */
  readonly step: number | null;
  readonly state: StepState;
  /** One sentence that explains the state; null for a finalized step, which `describeReason` explains from the fields below. */
  readonly reason: string | null;
  /** Names one particular saving of a step, path-safe; null for a step that was never seen finalized. */
  readonly generation: string | null;
  /** Name of the file that marked the step as finalized; null where none had to. */
  readonly commitMarker: string | null;
  /** Why `_CHECKPOINT_METADATA` cannot be read, as a sentence; null: it can, or there is none. */
  readonly metadataTrouble: string | null;
  /** The same of the metrics item. */
  readonly metricsTrouble: string | null;
  /** Milliseconds since the epoch. */
  readonly committedAt: number | null;
  readonly initAt: number | null;
  /** Null until known, like the fields after it. */
  readonly items: readonly string[] | null;
  readonly metrics: JsonObject | null;
  readonly customMetadata: JsonObject | null;
  readonly sizeBytes: number | null;
  readonly fileCount: number | null;
  /** Of the inventory taken at discovery; null until it was taken. */
  readonly inventoryDigest: string | null;
}

/** What counts as a checkpoint. */
export interface FinalizedEntry extends StepEntry {
  readonly state: 'finalized';
  readonly step: number;
  readonly generation: string;
}

/** The sentence that explains an entry's state. */
export function describeReason({ reason, commitMarker, metadataTrouble, metricsTrouble }: StepEntry): string {
  if (reason !== null) return reason;
  const rule = commitMarker === null ? 'was renamed to its final name' : `holds ${commitMarker}`;
  return [rule, metadataTrouble, metricsTrouble].filter((part) => part !== null).join('; ');
}
