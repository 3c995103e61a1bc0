import type { JsonObject } from '../json.js';

export type StepState = 'finalized' | 'temporary' | 'deleting' | 'foreign';

/** One directory entry of a checkpoint root as the index knows it. */
export interface StepEntry {
  readonly name: string;
  /** Null for entries whose name holds no step number. */
  readonly step: number | null;
  readonly state: StepState;
  /** One sentence that explains the state. */
  readonly reason: string;
  /** Names one particular saving of a step, path-safe; null unless the state is `finalized` or `deleting`. */
  readonly generation: string | null;
  /** Inode of the directory, decimal; null when it was never looked at. */
  readonly inode: string | null;
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
