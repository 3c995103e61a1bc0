import type { Identity, Inventory } from '../file-system.js';
import type { StepEntry } from './step.js';

/** Content without Orbax's own marks of completeness counts as complete once it stayed unchanged for a while. */
export interface Settling {
  readonly fingerprint: string;
  /** Monotonic milliseconds at which this fingerprint was first seen. */
  readonly sinceMs: number;
}

/** An entry of the index with what only this process knows of it. */
export interface TrackedStep {
  readonly entry: StepEntry;
  /** Null until the directory was looked at since the start. */
  readonly identity: Identity | null;
  /** Null until it was taken. */
  readonly inventory: Inventory | null;
  readonly settling: Settling | null;
}

/** One that is named like a finalized step, among thousands, and was not looked at yet: it has no generation. */
export function unseenStep(name: string, step: number): TrackedStep {
  const tracked = namedEntry(
    name,
    step,
    'temporary',
    'its name is that of a finalized step; it was not looked at yet',
  );
  return { ...tracked, entry: { ...tracked.entry, state: 'finalized' } };
}

/** An entry that its name alone explains. */
export function namedEntry(
  name: string,
  step: number | null,
  state: 'temporary' | 'foreign',
  reason: string,
): TrackedStep {
  const entry: StepEntry = {
    name,
    step,
    state,
    reason,
    generation: null,
    inode: null,
    committedAt: null,
    initAt: null,
    items: null,
    metrics: null,
    customMetadata: null,
    sizeBytes: null,
    fileCount: null,
    inventoryDigest: null,
  };
  return { entry, identity: null, inventory: null, settling: null };
}
