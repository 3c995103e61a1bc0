import type { Identity, Inventory } from '../file-system.js';
import type { StepEntry } from '../steps/step.js';
import type { TrackedStep } from '../steps/tracked-step.js';
import { runUnavailable } from '../watch/run-errors.js';
import type { LiveRun } from '../watch/run-registry.js';
import { StepVanished, snapshotFailed } from './snapshot-failure.js';

/** A step as it was discovered: what a snapshot of it must equal. */
export interface Original {
  readonly entry: StepEntry & { readonly step: number; readonly generation: string };
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
  if (found.inventory === null || found.identity === null) await live.watcher.examine(name);
  if (live.run.availability !== 'available') throw runUnavailable(live);
  const now = live.run.index.get(name);
  if (now?.entry.state !== 'finalized' || now.entry.generation !== generation)
    throw new StepVanished(name, '', 'missing');
  const { entry, identity, inventory } = now;
  // What cannot be read now stays what it was: a failing disk is not a deletion.
  if (identity === null || inventory === null)
    throw snapshotFailed(name, 'EIO', 'its directory cannot be read at the moment');
  return {
    entry: { ...entry, step: entry.step ?? -1, generation: entry.generation ?? '' },
    identity,
    inventory,
  };
}
