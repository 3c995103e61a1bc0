import type { Identity, Inventory } from '../inspection.js';
import type { FinalizedEntry } from '../steps/step.js';
import { isFinalized, type TrackedStep } from '../steps/tracked-step.js';
import { runUnavailable } from '../watch/run-errors.js';
import type { LiveRun } from '../watch/run-registry.js';
import { StepVanished, snapshotFailed } from './snapshot-failure.js';

/** A step as it was discovered: what a snapshot of it must equal. */
export interface Original {
  readonly entry: FinalizedEntry;
  readonly identity: Identity;
  readonly inventory: Inventory;
}

/**
 * The step with its inventory, which is taken now if it was not yet.
 *
 * @throws StepVanished when this generation is not there any more; EngineError `run_unavailable`, `snapshot_failed` when nobody can know.
 */
export async function originalOf(live: LiveRun, found: TrackedStep): Promise<Original> {
  const { name, generation } = found.entry;
  const wasLookedAt = found.inventory !== null && found.identity !== null;
  const obstacle = wasLookedAt ? null : await live.watcher.examine(name);
  if (live.run.availability !== 'available') throw runUnavailable(live);
  const now = live.run.index.get(name);
  if (now === null || !isFinalized(now) || now.entry.generation !== generation)
    throw new StepVanished(name, '', 'missing');
  const { entry, identity, inventory } = now;
  // What cannot be read now stays what it was: a failing disk is not a deletion.
  if (obstacle !== null) throw snapshotFailed(name, obstacle.errno, obstacle.detail);
  if (identity === null || inventory === null) throw new StepVanished(name, '', 'replaced');
  return { entry, identity, inventory };
}
