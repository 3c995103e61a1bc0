import { FileSystemError } from '../../../src/engine/file-system-error.js';
import type { Inode } from './inode.js';
import type { Inodes } from './inodes.js';

interface Open {
  readonly inode: Inode;
  position: number;
}

/** The open files of one process. */
export class Descriptors {
  readonly #inodes: Inodes;
  readonly #open = new Map<number, Open>();
  #last = 10;

  constructor(inodes: Inodes) {
    this.#inodes = inodes;
  }

  get count(): number {
    return this.#open.size;
  }

  open(inode: Inode): number {
    this.#last += 1;
    this.#open.set(this.#last, { inode, position: 0 });
    this.#inodes.open(inode);
    return this.#last;
  }

  get(fd: number): Open {
    const open = this.#open.get(fd);
    if (open === undefined) throw new FileSystemError('EBADF', `EBADF: ${fd} is not open`);
    return open;
  }

  close(fd: number): void {
    this.#inodes.close(this.get(fd).inode);
    this.#open.delete(fd);
  }

  /** The process is gone. */
  closeAll(): void {
    for (const fd of [...this.#open.keys()]) this.close(fd);
  }
}
