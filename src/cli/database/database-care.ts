import type { Finding } from '../doctor/finding.js';

/** A copy of a database. */
export interface Backup {
  readonly file: string;
  readonly bytes: number;
  readonly storeId: string | null;
  readonly lastEvent: number;
}

/**
 * - `adopt`: the database takes over the snapshot directories of `roots`.
 * - `rebuild`: first a new one takes the place of a file that is lost, damaged or older than its directories; it takes over those of its runs, too.
 * - `restore`: first a copy of `backup` takes the place of the file, whatever that is.
 */
export interface RescueRequest {
  readonly mode: 'adopt' | 'rebuild' | 'restore';
  readonly file: string;
  readonly backup: string | null;
  readonly roots: readonly string[];
  /** Name of the run of a single root; null: found by its directory, or made. */
  readonly run: string | null;
  readonly snapshotDirectory: string | null;
  readonly ttlMs: number;
  /** The operator vouches that no server works under the marks that are found. */
  readonly isOwnerGone: boolean;
}

export interface Rescue {
  /** Name that the old file has now; null: it was left where it is, or there was none. */
  readonly kept: string | null;
  readonly directories: readonly TakenDirectory[];
}

export interface TakenDirectory {
  readonly run: string;
  readonly directory: string;
  /** How many snapshots lie there. */
  readonly snapshots: number;
}

/** What `steplease db` asks for; the composition root knows who does it. Each rejects with a `StorageError` where it cannot. */
export interface DatabaseCare {
  /** Only reads, beside a running server, too. */
  check(file: string): Promise<readonly Finding[]>;
  /** Beside a running server, too. */
  backUp(file: string, target: string): Promise<Backup>;
  rescue(request: RescueRequest): Promise<Rescue>;
}
