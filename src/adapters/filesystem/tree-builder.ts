import type { BigIntStats } from 'node:fs';
import type { BuildPlan } from '../../engine/file-system.js';
import type { Inventory } from '../../engine/inspection.js';
import { isPayload, leadsToPayload } from '../../engine/steps/payload.js';
import { about, failureAt, StepGone } from './build-failure.js';
import type { DirectoryHandle } from './directory-handle.js';
import { DirectorySync } from './directory-sync.js';
import { errnoOf, isMissing, isNotDirectory } from './errno.js';
import {
  decodeDirectories,
  decodeFiles,
  encodeInventory,
  type SharedDirectories,
} from './inventory-codec.js';
import type { Os } from './os.js';
import { cloneFile, copyFile, dropFile, giveGroup, linkFile, type Pair, pathOf } from './place-file.js';
import { Slices } from './slices.js';
import { at, depthOf, type FileColumns, fileStart, lastPart } from './tree.js';

interface Level {
  readonly row: number;
  readonly source: DirectoryHandle;
  readonly target: DirectoryHandle;
}

/**
 * Rebuilds the tree of an inventory, from the inventory: what was added to the step since then is left out, payload that is missing ends the
 * build. Directories are private until their content is complete; they are flushed to disk children first.
 */
export class TreeBuilder {
  private readonly os: Os;
  private readonly plan: BuildPlan;
  private readonly directories: SharedDirectories;
  private readonly files: FileColumns;
  private readonly slices: Slices;
  private readonly sync: DirectorySync;
  private readonly built;
  /** Open directories from the root to the current one. */
  private readonly stack: Level[] = [];
  /** Path, with a slash behind it, of a directory beside the payload that went since the inventory was taken. */
  private absent: string | null = null;

  constructor(os: Os, plan: BuildPlan) {
    this.os = os;
    this.slices = new Slices(os.time);
    this.plan = plan;
    this.directories = decodeDirectories(plan.inventory);
    this.files = decodeFiles(plan.inventory);
    this.sync = new DirectorySync(os);
    this.built = emptyColumns(this.directories.path.length, this.files.name.length);
  }

  /** The caller keeps both handles; everything but the root's own mode is in place and durable afterwards. */
  async build(source: DirectoryHandle, target: DirectoryHandle): Promise<Inventory> {
    try {
      for (let row = 0; row < this.directories.path.length; row++) {
        const path = at(this.directories.path, row);
        if (this.absent !== null && path.startsWith(this.absent)) continue;
        while (this.stack.length > depthOf(path)) this.leave();
        const level = row === 0 ? { row, source, target } : this.enter(row);
        if (level === null) {
          this.absent = `${path}/`;
          continue;
        }
        this.stack.push(level);
        await this.fill(level);
      }
      while (this.stack.length > 0) this.leave();
      this.sync.flush();
    } finally {
      for (const level of this.stack.splice(0)) this.abandon(level);
      this.sync.close();
    }
    return this.inventory();
  }

  /**
   * Mode and group of the original; its owner is this process, which must be able to read it. The root is sealed by the caller: a
   * directory that denies writing cannot be moved elsewhere.
   */
  seal(target: DirectoryHandle, row: number): void {
    const { os, plan } = this;
    const mode = at(this.directories.mode, row);
    about(target.path, () => {
      giveGroup(os, target.fd, BigInt(at(this.directories.gid, row)));
      os.fchmod('set directory mode', target.fd, (plan.immutable ? mode & 0o555 : mode) | 0o500);
    });
  }

  /** Null where the directory went and is no payload. */
  private enter(row: number): Level | null {
    const parent = this.stack.at(-1);
    if (parent === undefined) throw new RangeError(`row ${row} has no parent`);
    const path = at(this.directories.path, row);
    const name = lastPart(path);
    const source = this.openIfNeeded(parent.source, name, row);
    if (source === null) return null;
    try {
      const target = about(`${parent.target.path}/${name}`, () => {
        this.os.mkdir('make directory', parent.target.at(name), 0o700);
        return parent.target.child('open directory', name);
      });
      return { row, source, target };
    } catch (error) {
      source.close();
      throw error;
    }
  }

  private openIfNeeded(parent: DirectoryHandle, name: string, row: number): DirectoryHandle | null {
    try {
      return this.openSource(parent, name, row);
    } catch (error) {
      const isNeeded = leadsToPayload(this.plan.inventory.payload, at(this.directories.path, row));
      if (isNeeded || !(error instanceof StepGone)) throw error;
      return null;
    }
  }

  private openSource(parent: DirectoryHandle, name: string, row: number): DirectoryHandle {
    const path = at(this.directories.path, row);
    let source: DirectoryHandle;
    try {
      source = parent.child('open source directory', name);
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === 'ENOENT') throw new StepGone(path, 'missing');
      if (isMissing(errno) || isNotDirectory(errno)) throw new StepGone(path, 'replaced');
      throw failureAt(`${parent.path}/${name}`, error);
    }
    try {
      const { ino } = about(source.path, () => this.os.fstat('verify source directory', source.fd));
      if (ino !== at(this.directories.inode, row)) throw new StepGone(path, 'replaced');
      return source;
    } catch (error) {
      source.close();
      throw error;
    }
  }

  private async fill({ row, source, target }: Level): Promise<void> {
    const { os, files, plan, slices, directories } = this;
    const path = at(directories.path, row);
    const pair: Pair = { os, source, target, path, files, immutable: plan.immutable };
    const end = at(directories.fileEnd, row);
    for (let file = fileStart(directories, row); file < end; file++) {
      if (slices.due()) await slices.rest();
      try {
        if (plan.mode === 'hardlink') linkFile(pair, file);
        else if (plan.mode === 'reflink') this.keep(file, cloneFile(pair, file));
        else this.keep(file, await copyFile(pair, file, slices));
      } catch (error) {
        const isNeeded = isPayload(plan.inventory.payload, pathOf(pair, file));
        if (isNeeded || !(error instanceof StepGone))
          throw failureAt(`${plan.source}/${pathOf(pair, file)}`, error);
        dropFile(pair, file);
      }
    }
  }

  private keep(file: number, { ino, mtimeNs }: BigIntStats): void {
    this.built.files.inode[file] = ino;
    this.built.files.mtimeNs[file] = mtimeNs;
  }

  private leave(): void {
    const level = this.stack.pop();
    if (level === undefined) return;
    if (level.row === 0) {
      this.record(level);
      return;
    }
    level.source.close();
    this.sync.add(level.target);
    this.seal(level.target, level.row);
    this.record(level);
  }

  private record({ row, target }: Level): void {
    const stats = this.os.fstat('record directory', target.fd);
    this.built.directories.inode[row] = stats.ino;
    this.built.directories.mtimeNs[row] = stats.mtimeNs;
    this.built.directories.mode[row] = Number(stats.mode) & 0o7777;
    this.built.directories.gid[row] = Number(stats.gid);
  }

  private abandon({ row, source, target }: Level): void {
    if (row === 0) return;
    source.close();
    target.close();
  }

  /** Every entry was compared with the step's inventory, so that the digest is the same. */
  private inventory(): Inventory {
    const { directories, files, built, plan } = this;
    const own = plan.mode === 'hardlink' ? files : { ...files, ...built.files };
    const tree = {
      directories: { ...directories, ...built.directories },
      files: own,
      irregular: null,
    };
    return encodeInventory(tree, plan.inventory.payload, plan.inventory.digest);
  }
}

/** Change times stay 0: a tree this young has to be looked at closely once, see Tree. */
function emptyColumns(directories: number, files: number) {
  return {
    directories: {
      inode: new BigUint64Array(directories),
      mtimeNs: new BigInt64Array(directories),
      ctimeNs: new BigInt64Array(directories),
      mode: new Uint32Array(directories),
      gid: new Uint32Array(directories),
    },
    files: { inode: new BigUint64Array(files), mtimeNs: new BigInt64Array(files) },
  };
}
