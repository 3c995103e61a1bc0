import { EngineError } from '../errors.js';
import type { BuildResult } from '../file-system.js';
import type { SnapshotRecord } from '../holdings/snapshot.js';
import type { Hindrance } from './removal.js';

/** @param id the number of the snapshot, where it is known. */
export function removalHint(id: number | '{id}'): string {
  return `mend what the detail names: it is tried again every 30 s, or at once with POST /snapshots/${id}/retry`;
}

/** @param directory of the run whose snapshot directory has the mark of another database. */
export function adoptionHint(directory: string): string {
  return `if that server and its database are gone for good, stop this one and run "steplease db adopt ${directory}"`;
}

/** The step vanished, wholly or in part, before it was protected. */
export class StepVanished extends Error {
  override readonly name = 'StepVanished';
  readonly whole: boolean;
  /** `replaced`: something else is there now, and may become a step of its own. */
  readonly how: 'missing' | 'replaced';

  constructor(stepName: string, path: string, how: 'missing' | 'replaced') {
    super(path === '' ? `${stepName} is ${how}` : `${path} of ${stepName} is ${how}`);
    this.whole = path === '';
    this.how = how;
  }
}

export function failureOf(
  snapshot: SnapshotRecord,
  result: Exclude<BuildResult, { outcome: 'built' }>,
): Error {
  switch (result.outcome) {
    case 'gone':
      return new StepVanished(snapshot.stepName, result.vanished.path, result.vanished.how);
    case 'busy':
      return pathBusy(
        `${snapshot.path} is busy: it is occupied by another snapshot or by somebody else's files`,
        'wait until it is gone, or use snapshot_layout generation, whose paths are never shared',
      );
    case 'failed':
      return snapshotFailed(snapshot.stepName, result.errno, result.detail);
  }
}

/** What keeps a snapshot back for a while, and ends with an event or by other hands: whoever has time waits. */
export function isObstruction(error: unknown): error is EngineError {
  if (!(error instanceof EngineError)) return false;
  return error.code === 'snapshot_path_busy' || error.code === 'run_unavailable';
}

export function pathBusy(detail: string, hint: string): EngineError {
  return new EngineError('snapshot_path_busy', detail, { hint });
}

/** @param what a sentence that says what was done, and what is left. */
export function stillThere(what: string, { errno, detail }: Hindrance): EngineError {
  const fields = errno === null ? {} : { errno };
  return new EngineError('snapshot_failed', `${what}: ${detail}`, { hint: removalHint('{id}'), fields });
}

export function snapshotFailed(stepName: string, errno: string, detail: string): EngineError {
  if (errno === 'ENOSPC' || errno === 'EDQUOT') {
    return new EngineError('insufficient_storage', `no space for the snapshot of ${stepName}: ${detail}`, {
      hint: 'free space on the filesystem of the snapshot directory, then try again',
      fields: { errno },
    });
  }
  return new EngineError('snapshot_failed', `the snapshot of ${stepName} failed: ${detail}`, {
    hint: 'mend what the detail names, then try again',
    fields: { errno },
  });
}
