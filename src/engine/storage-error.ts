/**
 * - `full`: no room for what was to be written.
 * - `read_only`: the storage may be read but not changed.
 * - `io`: the disk, or somebody else's lock, stood in the way.
 * - `corrupt`: what is stored is no database, or not whole.
 * - `foreign`: it is the database of another program.
 * - `newer`: a newer version of the service made it.
 */
export type StorageFault = 'full' | 'read_only' | 'io' | 'corrupt' | 'foreign' | 'newer';

/**
 * The storage could not do its part. What was asked for did not happen; the store itself goes on and works again as soon as the
 * cause is gone. Every other error of a store is a defect in this program.
 */
export class StorageError extends Error {
  readonly kind: StorageFault;

  /** @param detail one sentence that names the file, what is wrong with it and what to do. */
  constructor(kind: StorageFault, detail: string, cause?: unknown) {
    super(detail, cause === undefined ? undefined : { cause });
    this.name = 'StorageError';
    this.kind = kind;
  }
}
