import type { BuildPlan, BuildResult } from '../../engine/file-system.js';
import type { Vanished } from '../../engine/inspection.js';
import { errnoOf, sentenceOf } from './errno.js';
import { remedyFor } from './remedy.js';

/** Ends a build because the step is not what its inventory says any more. */
export class StepGone extends Error {
  readonly vanished: Vanished;

  constructor(path: string, how: Vanished['how']) {
    super(`${path === '' ? 'the step' : path} is ${how}`);
    this.vanished = { path, how };
  }
}

/** Ends a build because another entry has the name to publish. */
export class NameTaken extends Error {}

/** A failed call of a build, with the path that it was about. */
class BuildFailure extends Error {
  readonly path: string;

  constructor(path: string, cause: unknown) {
    super(path, { cause });
    this.path = path;
  }
}

/** Runs one step of a build; what it throws is known to be about `path`. */
export function about<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw failureAt(path, error);
  }
}

/** The error itself when it says already what it is about. */
export function failureAt(path: string, error: unknown): Error {
  const known = error instanceof StepGone || error instanceof NameTaken || error instanceof BuildFailure;
  return known ? error : new BuildFailure(path, error);
}

export function resultOf(error: unknown, plan: BuildPlan): BuildResult {
  if (error instanceof StepGone) return { outcome: 'gone', vanished: error.vanished };
  if (error instanceof NameTaken) return { outcome: 'busy' };
  const cause = error instanceof BuildFailure ? error.cause : error;
  const path = error instanceof BuildFailure ? error.path : plan.snapshotDirectory;
  const errno = errnoOf(cause);
  const remedy = remedyFor(errno, plan.mode);
  const detail = `${path}: ${sentenceOf(cause)}.${remedy === '' ? '' : ` ${remedy}`}`;
  return { outcome: 'failed', errno, path, detail };
}

/** Null when the step can be snapshotted: links and special files are never followed, linked or copied (invariant 10). */
export function refusal({ inventory: { irregular }, source, mode }: BuildPlan): BuildResult | null {
  if (irregular === null) return null;
  const errno = irregular.kind === 'symbolic link' ? 'ELOOP' : 'EINVAL';
  const path = `${source}/${irregular.path}`;
  const done = mode === 'hardlink' ? 'linked' : 'copied';
  const detail = `${path} is a ${irregular.kind}: only directories and regular files are ${done}. Remove it from the checkpoint.`;
  return { outcome: 'failed', errno, path, detail };
}
