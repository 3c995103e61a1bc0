import { about } from './build-failure.js';
import type { DirectoryHandle } from './directory-handle.js';
import type { Os } from './os.js';

/** How many directories wait at most, each with an open descriptor. */
const BATCH = 128;

/**
 * Flushes directories to disk in the order in which they were added, in batches: the first flush of a batch writes the journal
 * for all of them, and the others find nothing left to do. One by one, a tree of many directories would write it each time.
 */
export class DirectorySync {
  private readonly os: Os;
  private readonly waiting: DirectoryHandle[] = [];

  constructor(os: Os) {
    this.os = os;
  }

  /** Takes the handle over; what happens to the directory until the next `add` is covered, too. */
  add(handle: DirectoryHandle): void {
    if (this.waiting.length >= BATCH) this.flush();
    this.waiting.push(handle);
  }

  flush(): void {
    for (const handle of this.waiting) about(handle.path, () => this.os.fsync('sync directory', handle.fd));
    this.close();
  }

  close(): void {
    for (const handle of this.waiting.splice(0)) handle.close();
  }
}
