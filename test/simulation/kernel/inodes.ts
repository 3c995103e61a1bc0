import type { Chance } from '../chance.js';
import type { DirectoryNode, FileNode, Inode, LinkNode } from './inode.js';

export interface InodeRules {
  readonly chance: Chance;
  /** Wall clock in milliseconds since the epoch. */
  readonly wallMs: () => number;
  /** Kernels stamp with a coarse clock. */
  readonly tickMs: number;
  readonly keepsBirthTimes: boolean;
}

/** Makes and stamps inodes. A number comes back soon after its inode went, as on ext4. */
export class Inodes {
  readonly #rules: InodeRules;
  readonly #free: bigint[] = [];
  #last = 100n;

  constructor(rules: InodeRules) {
    this.#rules = rules;
  }

  nowNs(): bigint {
    const { wallMs, tickMs } = this.#rules;
    return BigInt(Math.floor(wallMs() / tickMs) * tickMs) * 1_000_000n;
  }

  file(content: Uint8Array, mode: number): FileNode {
    const places: DirectoryNode[] = [];
    return { ...this.#fresh(0o100000 | mode), kind: 'file', content, durable: new Uint8Array(), places };
  }

  link(target: string): LinkNode {
    return { ...this.#fresh(0o120777), kind: 'symbolic link', target };
  }

  directory(parent: DirectoryNode | null, mode: number): DirectoryNode {
    return { ...this.#fresh(0o040000 | mode), kind: 'directory', entries: new Map(), parent };
  }

  addName(inode: Inode, directory: DirectoryNode): void {
    inode.links += inode.kind === 'directory' ? 2 : 1;
    inode.ctimeNs = this.nowNs();
    if (inode.kind === 'directory') inode.parent = directory;
    if (inode.kind === 'file') inode.places.push(directory);
    const free = this.#free.indexOf(inode.ino);
    if (free !== -1) this.#free.splice(free, 1);
  }

  dropName(inode: Inode, directory: DirectoryNode): void {
    inode.links -= inode.kind === 'directory' ? 2 : 1;
    inode.ctimeNs = this.nowNs();
    if (inode.kind === 'directory') inode.parent = null;
    if (inode.kind === 'file') inode.places.splice(inode.places.indexOf(directory), 1);
    this.#release(inode);
  }

  open(inode: Inode): void {
    inode.opens += 1;
  }

  close(inode: Inode): void {
    inode.opens -= 1;
    this.#release(inode);
  }

  stampEntry(directory: DirectoryNode): void {
    directory.mtimeNs = this.nowNs();
    directory.ctimeNs = directory.mtimeNs;
  }

  stampChange(inode: Inode): void {
    inode.ctimeNs = this.nowNs();
  }

  /** Every inode below a directory, itself included. */
  *below(directory: DirectoryNode): Iterable<Inode> {
    yield directory;
    for (const inode of directory.entries.values())
      if (inode.kind === 'directory') yield* this.below(inode);
      else yield inode;
  }

  #release(inode: Inode): void {
    if (inode.links === 0 && inode.opens === 0) this.#free.push(inode.ino);
  }

  #fresh(mode: number) {
    const { chance, keepsBirthTimes } = this.#rules;
    const now = this.nowNs();
    const reused = this.#free.length > 0 && chance.percent(50) ? this.#free.pop() : undefined;
    if (reused === undefined) this.#last += 1n;
    const times = { birthNs: keepsBirthTimes ? now : 0n, atimeNs: now, mtimeNs: now, ctimeNs: now };
    return { ino: reused ?? this.#last, mode, gid: 1000, links: 0, opens: 0, ...times };
  }
}
