import type { RunOptions } from './run-options.js';

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
  /** The name of the token by which it was registered; null: by the command line, or nobody noted it then. */
  readonly createdBy: string | null;
}
