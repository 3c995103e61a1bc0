import type { Identity, Inventory } from '../inspection.js';
import type { FinalizedEntry, StepEntry } from './step.js';

/** How long the content of a directory, which nothing shows to be complete, has been as it is. */
export interface Settling {
  readonly fingerprint: string;
  /** Monotonic milliseconds since when the content has been unchanged, as far as looks and change times tell. */
  readonly sinceMs: number;
  /** Monotonic milliseconds of the last look. */
  readonly lookedMs: number;
  /** Monotonic milliseconds before which another look could decide nothing. */
  readonly dueMs: number;
}

/** An entry of the index with what only this process knows of it. */
export interface TrackedStep {
  readonly entry: StepEntry;
  /** Null until the directory was looked at since the start. */
  readonly identity: Identity | null;
  /** What the generation consists of; null until it was taken. */
  readonly inventory: Inventory | null;
  /** Null while nothing has to settle. */
  readonly settling: Settling | null;
  /**
   * Counts as finalized because its two upper levels had been unchanged for long when the root was first looked at: the first inventory shows
   * whether the rest had, too.
   */
  readonly isPresumed: boolean;
}

export interface FinalizedStep extends TrackedStep {
  readonly entry: FinalizedEntry;
}

export function isFinalized(tracked: TrackedStep): tracked is FinalizedStep {
  return (
    tracked.entry.state === 'finalized' && tracked.entry.step !== null && tracked.entry.generation !== null
  );
}

/** An entry as it was stored before a restart. */
export function restored(entry: StepEntry): TrackedStep {
  return { entry, identity: null, inventory: null, settling: null, isPresumed: false };
}

/** An entry that its name alone explains, or the beginning of one. */
export function namedEntry(
  name: string,
  step: number | null,
  state: 'temporary' | 'deleting' | 'foreign',
  reason: string,
): TrackedStep {
  const entry: StepEntry = {
    name,
    step,
    state,
    reason,
    generation: null,
    commitMarker: null,
    metadataTrouble: null,
    metricsTrouble: null,
    committedAt: null,
    initAt: null,
    items: null,
    metrics: null,
    customMetadata: null,
    sizeBytes: null,
    fileCount: null,
    inventoryDigest: null,
  };
  return restored(entry);
}
