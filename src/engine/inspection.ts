import type { JsonObject } from './json.js';
import type { CheckpointMetadata } from './steps/checkpoint-metadata.js';

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
  /**
   * Tells which saving stands under the name: two parts of `[0-9a-z]`, joined by a hyphen. In a filesystem they are the inode and the birth time
   * of the directory. Null: that cannot be told now, because the file that tells it is missing.
   */
  readonly saving: string | null;
  /**
   * Nanoseconds since the epoch, decimal. Null where the filesystem keeps no birth time: then another directory may come to have the same
   * `saving`, for inodes are used again.
   */
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
  /** The same, of its direct entries alone; 0 where there are none. */
  readonly entriesChangedNs: string;
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
  /** Nothing changed in the tree while it was looked at: all that the look shows is of one moment. */
  readonly isStable: boolean;
  /** The latest change time of the payload, in nanoseconds since the epoch, decimal. Nobody can set a change time back. */
  readonly changedNs: string;
  /** The same, of what is below the step's directory and is no mark of Orbax's. */
  readonly changedBelowNs: string;
}

/** A small metadata file from outside: what it says, or in one sentence why it cannot be read. */
export type FileContent<T> =
  | { readonly outcome: 'read'; readonly value: T }
  | { readonly outcome: 'corrupt'; readonly reason: string };
