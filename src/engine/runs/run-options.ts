import type { SnapshotMode } from '../file-system.js';
import type { SnapshotLayout } from '../holdings/snapshot.js';
import { COMMIT_SUCCESS_FILE, commitMarkerProblem } from '../steps/commit-marker.js';
import { DEFAULT_NAME_FORMAT, type StepNameFormat } from '../steps/name-format.js';

/*
 * Every choice, bound and default of a run's options, in the units of the code. The settings of the command line and the body of
 * `PUT /runs/{run}` are made from these, so that the same value is allowed everywhere.
 */

export const COMMIT_MODE_OPTIONS = ['auto', 'atomic_rename', 'commit_file'] as const;
export type CommitModeOption = (typeof COMMIT_MODE_OPTIONS)[number];

export const WATCH_OPTIONS = ['auto', 'events', 'poll'] as const;
export type WatchOption = (typeof WATCH_OPTIONS)[number];

export const RUN_OPTION_BOUNDS = {
  pollIntervalMs: { minimum: 10, maximum: 3_600_000 },
  settleMs: { minimum: 10, maximum: 3_600_000 },
  minFreeBytes: { minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
  maxLeasesPerStep: { minimum: 1, maximum: 1_000_000 },
} as const;

/** What a client set for a run, completed with the defaults. */
export interface RunOptions {
  readonly stepNameFormats: readonly StepNameFormat[];
  readonly commitMode: CommitModeOption;
  /** Name of the file inside a step that marks it as finished, where the commit mode is `commit_file`. */
  readonly commitMarker: string;
  /** How long a tree must stay unchanged before it counts, where nothing else shows that its writer had finished. */
  readonly settleMs: number;
  readonly watch: WatchOption;
  readonly pollIntervalMs: number;
  readonly snapshotMode: SnapshotMode;
  readonly snapshotLayout: SnapshotLayout;
  /** Null: inside the run's directory, named after the layout. */
  readonly snapshotDirectory: string | null;
  readonly immutable: boolean;
  /** Null: 5 % of the filesystem, at most 10 GiB. */
  readonly minFreeBytes: number | null;
  /** Null: no limit. */
  readonly maxLeasesPerStep: number | null;
}

export const DEFAULT_RUN_OPTIONS: RunOptions = {
  stepNameFormats: [DEFAULT_NAME_FORMAT],
  commitMode: 'auto',
  commitMarker: COMMIT_SUCCESS_FILE,
  settleMs: 5_000,
  watch: 'auto',
  pollIntervalMs: 1_000,
  snapshotMode: 'hardlink',
  snapshotLayout: 'generation',
  snapshotDirectory: null,
  immutable: false,
  minFreeBytes: null,
  maxLeasesPerStep: null,
};

/**
 * Adds to the options that somebody gave what they imply: a marker of another writer is looked for (`commit_file`), and another commit
 * mode than `commit_file` forgets the marker.
 */
export function withImplied(given: Partial<RunOptions>): Partial<RunOptions> {
  const { commitMode, commitMarker } = given;
  if (commitMarker === undefined)
    return commitMode === undefined || commitMode === 'commit_file'
      ? given
      : { ...given, commitMarker: COMMIT_SUCCESS_FILE };
  const isForeign = commitMarker !== COMMIT_SUCCESS_FILE;
  return commitMode === undefined || (commitMode === 'auto' && isForeign)
    ? { ...given, commitMode: 'commit_file' }
    : given;
}

/** The rule that options break, name formats aside, as a sentence; null when they are valid. */
export function runOptionsProblem({ commitMode, commitMarker }: RunOptions): string | null {
  const problem = commitMarkerProblem(commitMarker);
  if (problem !== null) return `commit_marker is ${JSON.stringify(commitMarker)}: ${problem}`;
  if (commitMode === 'atomic_rename' && commitMarker !== COMMIT_SUCCESS_FILE)
    return `commit_marker "${commitMarker}" is given together with commit_mode "atomic_rename", which looks for no marker: leave one of them out`;
  return null;
}
