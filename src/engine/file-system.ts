import type { Identity, Inspection, InspectRequest, Inventory, Vanished } from './inspection.js';

/**
 * What the engine needs of a filesystem. Every call may be answered by a worker thread: nothing here blocks the
 * event loop, and nothing here decides anything, it only reports facts or does what it is told.
 *
 * Paths are absolute and normalized; `name` is always one entry name without `/`. A call that rejects because the system refused it
 * rejects with a `FileSystemError`; every other error is a defect, or a thread that died.
 */
export interface FileSystem {
  /** Where a directory really is, and what kind of filesystem holds it. Never throws for a missing directory. */
  locate(directory: string): Promise<Located>;
  /** Lists a checkpoint root. `previous` is the token of the last listing, `null` asks for everything. */
  list(directory: string, previous: string | null): Promise<Listing>;
  /** Looks at entries of a checkpoint root, in the order given. */
  inspect(directory: string, requests: readonly InspectRequest[]): Promise<readonly Inspection[]>;
  /**
   * Hints that something in a directory changed. A hint may be lost, doubled or wrong.
   * `onEnd` says that no more hints will come (the directory went, or the watch failed).
   */
  watch(directory: string, onHint: (hint: Hint) => void, onEnd: (reason: string) => void): Watch;
  /** Free and total bytes of the filesystem that holds `directory` (its nearest existing ancestor). */
  space(directory: string): Promise<Space>;
  readonly snapshots: SnapshotFiles;
  /** Ends the worker threads. Calls after it reject. */
  close(): Promise<void>;
}

export interface Hint {
  /** Entry name; null when unknown. */
  readonly name: string | null;
  /**
   * The name that was hinted at just before, in one go: a rename within the directory gives its old name, then its new one. So do a removal
   * and a creation that follow each other. Null: there was none.
   */
  readonly before: string | null;
}

/** A sentence says why the directory cannot be watched. */
export type Watch =
  | { readonly outcome: 'watching'; readonly stop: () => void }
  | { readonly outcome: 'refused'; readonly reason: string };

export interface Located {
  /** The real path, every link resolved; null when the directory does not exist. */
  readonly realPath: string | null;
  /** `network` filesystems (NFS, FUSE, 9p, CIFS, …) raise no events for what other machines do: they are polled. */
  readonly medium: 'local' | 'network';
  /** Name of the filesystem type as the kernel has it, such as `ext4`, `nfs`, `fuse`, or its magic number in hex. */
  readonly filesystem: string;
  /** True behind gcsfuse, where Orbax marks a finalized step with a file instead of a rename. */
  readonly gcsfuse: boolean;
  /** Why realPath is null: `ENOENT`, `ENOTDIR`, `EACCES`, `ELOOP`, …; null when it is not. */
  readonly errno: string | null;
}

export interface Space {
  readonly freeBytes: number;
  readonly totalBytes: number;
}

export type Listing =
  /** Nothing there, or something that is not a directory. */
  | { readonly outcome: 'absent'; readonly errno: string }
  | { readonly outcome: 'unavailable'; readonly errno: string; readonly detail: string }
  /** Since the listing that gave `previous`, nothing was created, renamed or removed in the directory itself. */
  | { readonly outcome: 'unchanged'; readonly realPath: string }
  | {
      readonly outcome: 'listed';
      readonly realPath: string;
      /** Identity of the root directory itself: another one under the same path has another identity. */
      readonly identity: string;
      /** Opaque; null when the listing cannot serve as a base (changed too recently to be sure, network filesystem). */
      readonly token: string | null;
      /** Entry names, each kind in no particular order; most plain files are left out. */
      readonly directories: readonly string[];
      readonly symbolicLinks: readonly string[];
      /** FIFOs, sockets and devices. */
      readonly others: readonly string[];
      /** The first plain files whose names end in a digit, at most `NUMBERED_FILES_LISTED`: no steps, but somebody may take them for steps. */
      readonly numberedFiles: readonly string[];
    };

export const NUMBERED_FILES_LISTED = 100;

export const SNAPSHOT_MODES = ['hardlink', 'reflink', 'copy', 'none'] as const;
export type SnapshotMode = (typeof SNAPSHOT_MODES)[number];

/** What the engine does to its own snapshot directories; nothing else is ever written. */
export interface SnapshotFiles {
  /**
   * Makes `directory` (the parent must exist) and marks it as owned by the store `owner`, or reads the mark that is there. An existing
   * directory without a mark is claimed as well, whatever is in it; a symbolic link is refused (`failed`, ELOOP). Also writes
   * `commit_success.txt` into it, so that Orbax's cleanup of temporary directories leaves it alone.
   */
  claim(directory: string, owner: string): Promise<Claim>;
  /** Reads the mark without changing anything; null when there is no directory or no mark. Rejects when there is one that cannot be read. */
  owner(directory: string): Promise<string | null>;
  /** The whole mark; otherwise as `owner`. */
  mark(directory: string): Promise<OwnerMark | null>;
  /** Puts the mark of the store `to` in place of that of the store `from`, in one step and durably; false: it is another's by now. */
  takeOver(directory: string, from: string, to: string): Promise<boolean>;
  /** Links or copies a step into place: complete, verified against `inventory`, durable and atomic, or not at all. */
  build(plan: BuildPlan): Promise<BuildResult>;
  /** Renames a published snapshot out of sight, in one step and durably. */
  retire(plan: RetirePlan): Promise<RetireResult>;
  /** Removes a tree inside a snapshot directory for good; absent is fine. */
  erase(snapshotDirectory: string, name: string): Promise<EraseResult>;
  /**
   * Whether anything of a published snapshot vanished or was replaced; null: all there. `path` absent counts as vanished "". Rejects
   * when it cannot be looked at (EACCES, EIO, …): that is no loss yet.
   */
  audit(path: string, inventory: Inventory): Promise<Vanished | null>;
  /** Takes the inventory of a published snapshot anew (after a restart). Null when it is not there. */
  inventory(path: string): Promise<Inventory | null>;
  /** Entry names of a snapshot directory, without the mark and `commit_success.txt` of `claim`; empty when it is absent. */
  entries(snapshotDirectory: string): Promise<readonly string[]>;
  /** Whether the path is occupied by anything at all (lstat). */
  occupied(path: string): Promise<boolean>;
  /**
   * Whether this process could hard-link the first file of a step into `snapshotDirectory` (same filesystem, and the kernel's
   * `protected_hardlinks` rule), without writing anything. Null: it could.
   */
  linkability(
    stepDirectory: string,
    inventory: Inventory,
    snapshotDirectory: string,
  ): Promise<Obstacle | null>;
}

/** Which store a snapshot directory belongs to, and where that store said it was. */
export interface OwnerMark {
  readonly store: string;
  /** Null in marks of older versions. */
  readonly origin: MarkOrigin | null;
}

export interface MarkOrigin {
  /** Name of the machine. */
  readonly host: string;
  /** The database file there. */
  readonly database: string;
}

export type Claim =
  | { readonly outcome: 'owned' }
  | { readonly outcome: 'foreign'; readonly owner: string }
  | { readonly outcome: 'failed'; readonly errno: string; readonly detail: string };

export interface BuildPlan {
  /** The step's directory. */
  readonly source: string;
  /** Of the source directory: another one under that name fails as gone. */
  readonly identity: Identity;
  readonly inventory: Inventory;
  /** An owned snapshot directory. */
  readonly snapshotDirectory: string;
  /** Entry of the snapshot directory to build in; the step's tree is built at `<temporaryName>/<stepName>`. */
  readonly temporaryName: string;
  readonly stepName: string;
  /**
   * Entry of the snapshot directory to publish as. Layout `generation`: the entry holds `<stepName>`; layout `orbax`: null, the step's tree
   * itself is published as `<stepName>`.
   */
  readonly publishedName: string | null;
  readonly mode: Exclude<SnapshotMode, 'none'>;
  /** Nobody may write: 0555 for directories and, in reflink and copy, 0444 for files, less what the originals deny. */
  readonly immutable: boolean;
}

export type BuildResult =
  | {
      readonly outcome: 'built' /** Of the snapshot's own tree, for later audits. */;
      readonly inventory: Inventory;
    }
  /** A file of the inventory is missing or was replaced; everything built was removed again. */
  | { readonly outcome: 'gone'; readonly vanished: Vanished }
  /** Something else has the published name. */
  | { readonly outcome: 'busy' }
  | { readonly outcome: 'failed'; readonly errno: string; readonly path: string; readonly detail: string };

export interface RetirePlan {
  readonly snapshotDirectory: string;
  /** Entry to rename. */
  readonly name: string;
  readonly trashName: string;
}

export type RetireResult =
  | { readonly outcome: 'retired' }
  | { readonly outcome: 'absent' }
  | { readonly outcome: 'failed'; readonly errno: string; readonly detail: string };

export type EraseResult =
  | { readonly outcome: 'erased' }
  | { readonly outcome: 'failed'; readonly errno: string; readonly path: string; readonly detail: string };

/** Why something could not be done. */
export interface Obstacle {
  /** Of the system call that failed. */
  readonly errno: string;
  /** One sentence. */
  readonly detail: string;
}
