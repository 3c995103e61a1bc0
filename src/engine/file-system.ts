import type { JsonObject } from './json.js';
import type { CheckpointMetadata } from './steps/checkpoint-metadata.js';

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

export type InspectDepth = 'sight' | 'look' | 'audit' | 'full_audit' | 'inventory';

export interface InspectRequest {
  readonly name: string;
  /**
   * - `sight`: identity alone, without opening the directory;
   * - `look`: identity, top level entries, `_CHECKPOINT_METADATA`;
   * - `audit`: identity, and what of `known` changed as far as directories show it: entries that came, went or were replaced;
   * - `full_audit`: `audit`, and every file of `known` is looked at, so that one that was written in place shows, too;
   * - `inventory`: `look`, a full inventory of the tree with sizes and the metrics item, and its comparison with `known`.
   */
  readonly depth: InspectDepth;
  /** An inventory taken before, to report what changed since; null when there is none. */
  readonly known: Inventory | null;
  /** Name of the file that marks a finished step (`StepContent.commitFile`). */
  readonly commitMarker: string;
}

/**
 * Everything that a step or a snapshot consisted of at one moment, as an opaque value of the adapter. It lives in shared memory so that
 * it passes between threads without a copy, however many files it names.
 */
export interface Inventory {
  readonly bytes: SharedArrayBuffer;
  /**
   * SHA-256 over the relative path and kind of every entry that is payload, and the size and modification time of each such file in
   * microseconds (as fine as a copy can keep it): equal for a faithful copy.
   */
  readonly digest: string;
  /** What of it is the checkpoint itself (`steps/payload.ts`): what is beside that may change and go. Empty: everything. */
  readonly payload: readonly string[];
  readonly fileCount: number;
  readonly sizeBytes: number;
  /** The first entry that is neither a directory nor a regular file: a step that has one cannot be snapshotted. */
  readonly irregular: {
    readonly path: string;
    readonly kind: 'symbolic link' | 'FIFO' | 'socket' | 'device';
  } | null;
}

export interface Identity {
  /** Inode number, decimal. */
  readonly inode: string;
  /** Nanoseconds since the epoch, decimal; null where the filesystem keeps no birth time. */
  readonly birthtimeNs: string | null;
  /** Nanoseconds since the epoch, decimal. */
  readonly mtimeNs: string;
  /** Change time, in nanoseconds since the epoch, decimal. */
  readonly ctimeNs: string;
}

export type Inspection =
  | { readonly name: string; readonly outcome: 'gone' }
  /** Not a directory (any more). */
  | { readonly name: string; readonly outcome: 'irregular'; readonly kind: string }
  | { readonly name: string; readonly outcome: 'unreadable'; readonly errno: string; readonly detail: string }
  | {
      readonly name: string;
      readonly outcome: 'present';
      readonly identity: Identity;
      /** The first difference of the payload from the known inventory. */
      readonly change: Change | null;
      /**
       * At depth `inventory`: the first file of the known inventory that is not there any more under its name, in an item that the present metadata
       * still names.
       */
      readonly lost: string | null;
      /** Only at the depths `look` and `inventory`. */
      readonly content: StepContent | null;
    };

/** A difference between an inventory and what is there now; `replaced` is another file, or the same one written to. */
export interface Change {
  readonly path: string;
  readonly how: 'missing' | 'replaced' | 'added';
}

/** Something of an inventory that is not there any more, or is another file now. */
export interface Vanished {
  readonly path: string;
  readonly how: 'missing' | 'replaced';
}

export interface StepContent {
  readonly empty: boolean;
  /** The file that marks a finished step is there. */
  readonly commitFile: boolean;
  /** Something is there that is neither a mark nor transient; with an inventory: at least one file of it. */
  readonly hasPayload: boolean;
  /** The item that Orbax's record of a deletion names, '' where the record cannot be read; null when there is no record. */
  readonly deletion: string | null;
  /** Names on the top level, sorted, at most 1,000; `directory` is false for files, and for links and special files. */
  readonly topLevel: readonly { readonly name: string; readonly directory: boolean }[];
  /** The latest change time of the directory and its direct entries, in nanoseconds since the epoch, decimal. */
  readonly changedNs: string;
  /** Null when there is no `_CHECKPOINT_METADATA`. */
  readonly metadata: FileContent<CheckpointMetadata> | null;
  /** The metrics item (`metrics/metrics`), null when there is none; only at depth `inventory`. */
  readonly metrics: FileContent<JsonObject> | null;
  /** Null at depth `look`. */
  readonly inventory: TakenInventory | null;
}

/** An inventory, with what shows how long its payload has been as it is. */
export interface TakenInventory extends Inventory {
  /**
   * A digest that is equal for two looks only if nothing of the payload was added, removed or written in between, change times included. A tree
   * that changed while it was walked has a fingerprint that equals no other.
   */
  readonly fingerprint: string;
  /** The latest change time of the payload, in nanoseconds since the epoch, decimal. Nobody can set a change time back. */
  readonly changedNs: string;
  /** The same, of what is below the step's directory and is no mark of Orbax's. */
  readonly changedBelowNs: string;
}

/** A small metadata file from outside: what it says, or in one sentence why it cannot be read. */
export type FileContent<T> =
  | { readonly outcome: 'read'; readonly value: T }
  | { readonly outcome: 'corrupt'; readonly reason: string };

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
