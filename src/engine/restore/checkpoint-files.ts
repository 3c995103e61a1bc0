type EntryKind = 'file' | 'directory' | 'other';

export interface DirectoryEntry {
  readonly name: string;
  /** `other` is whatever must never be opened: symbolic links, sockets, devices. */
  readonly kind: EntryKind;
}

export interface ReadRange {
  /** First byte wanted; 0 if left out. */
  readonly offset?: number;
  /** Bytes wanted; to the end of the file if left out. A file that ends earlier is an error. */
  readonly length?: number;
  /** Refuse to read more bytes than this. */
  readonly maxBytes: number;
  /** Memory to read into, at least `length` long, for callers that read one piece after the other. */
  readonly into?: Uint8Array;
}

/**
 * Read-only view of one directory. Synchronous, because the readers run in a worker thread where nothing waits.
 *
 * Paths are relative, with `/` between components. An implementation never follows a symbolic link, never leaves the
 * directory, opens regular files only, and reports what it refuses as a `RestoreError` with `metadata_unreadable`.
 */
export interface CheckpointFiles {
  /** The file's bytes, or null when there is no such file. */
  read(path: string, range: ReadRange): Uint8Array | null;
  /** The file's size in bytes, or null when there is no such file. */
  size(path: string): number | null;
  /** The directory's entries in no particular order, or null when there is no such directory. `''` is this one. */
  list(path: string): readonly DirectoryEntry[] | null;
  /** The same view of a subdirectory. */
  within(path: string): CheckpointFiles;
}

/** What the readers need besides files: both are pure functions of bytes. */
export interface Codecs {
  /** CRC-32C (Castagnoli) as an unsigned 32-bit number. */
  crc32c(bytes: Uint8Array): number;
  /** Decompresses zstd frames; throws when the data is malformed or would give more than `maxBytes`. */
  unzstd(bytes: Uint8Array, maxBytes: number): Uint8Array;
}

/** A checkpoint directory to read from: an item, or a step. */
export interface CheckpointSource {
  readonly files: CheckpointFiles;
  readonly codecs: Codecs;
}
