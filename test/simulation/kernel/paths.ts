import { FileSystemError } from '../../../src/engine/file-system-error.js';
import type { DirectoryNode, Inode } from './inode.js';
import { entryOf } from './volume.js';

const MOST_LINKS = 8;

export interface Place {
  readonly directory: DirectoryNode;
  readonly name: string;
}

/** What a path leads to, as seen by one process: its descriptors are paths, too. */
export class Paths {
  readonly #root: DirectoryNode;
  readonly #opened: (fd: number) => Inode;

  constructor(root: DirectoryNode, opened: (fd: number) => Inode) {
    this.#root = root;
    this.#opened = opened;
  }

  find(path: string, follow: boolean): Inode {
    return this.#walk(path, follow).inode;
  }

  /** With every link resolved. */
  real(path: string): string {
    return this.#walk(path, true).real;
  }

  /** The directory that holds the last part of a path, which need not be there. */
  place(path: string): Place {
    const cut = path.lastIndexOf('/');
    const directory = this.find(path.slice(0, cut) || '/', true);
    if (directory.kind !== 'directory') throw notDirectory(path);
    return { directory, name: path.slice(cut + 1) };
  }

  #walk(path: string, follow: boolean, links = 0): { inode: Inode; real: string } {
    const { inode: start, rest } = this.#start(path);
    const parts = rest.split('/').filter((part) => part !== '');
    let inode = start;
    let real = '';
    for (const [index, part] of parts.entries()) {
      if (inode.kind !== 'directory') throw notDirectory(path);
      const parent = real;
      inode = entryOf(inode, part);
      real = `${parent}/${part}`;
      if (inode.kind === 'symbolic link' && (follow || index < parts.length - 1)) {
        if (links >= MOST_LINKS) throw new FileSystemError('ELOOP', `ELOOP: ${path}`);
        const target = inode.target.startsWith('/') ? inode.target : `${parent}/${inode.target}`;
        ({ inode, real } = this.#walk(target, true, links + 1));
      }
    }
    return { inode, real: real === '' ? '/' : real };
  }

  #start(path: string): { inode: Inode; rest: string } {
    const handle = /^\/proc\/self\/fd\/(\d+)(.*)$/.exec(path);
    if (handle === null) return { inode: this.#root, rest: path };
    return { inode: this.#opened(Number(handle[1])), rest: handle[2] ?? '' };
  }
}

function notDirectory(path: string): FileSystemError {
  return new FileSystemError('ENOTDIR', `ENOTDIR: not a directory: ${path}`);
}
