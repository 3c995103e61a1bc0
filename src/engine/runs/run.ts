import type { SnapshotMode } from '../file-system.js';
import type { SnapshotLayout } from '../holdings/snapshot.js';
import type { StepNameFormat } from '../steps/name-format.js';

export type CommitModeOption = 'auto' | 'atomic_rename' | 'commit_file';
export type WatchOption = 'auto' | 'events' | 'poll';

/** What a client set for a run, completed with the defaults. */
export interface RunOptions {
  readonly stepNameFormats: readonly StepNameFormat[];
  readonly commitMode: CommitModeOption;
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

/** A watched checkpoint root as it is stored. */
export interface RunRecord {
  readonly name: string;
  /** As it was registered: absolute and normalized. */
  readonly directory: string;
  /** Where that was at the registration, every link resolved: what was allowed then stays allowed. */
  readonly realPath: string;
  readonly options: RunOptions;
  readonly finishedAt: number | null;
  readonly finishReason: string | null;
  /** When its directory was last told to be unavailable; null once it was told to be available again. */
  readonly unavailableSince: number | null;
  readonly createdAt: number;
}
