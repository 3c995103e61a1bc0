import type { SnapshotRecord } from './snapshot.js';

/** What holds a generation alive. */
export interface Holdings {
  activeLeases(run: string, generation: string): number;
  /** The ready snapshot of a generation. */
  snapshot(run: string, generation: string): SnapshotRecord | null;
}
