import type { DirectoryNode, FileNode, Inode } from '../kernel/inode.js';
import { Paths } from '../kernel/paths.js';
import type { World } from '../world.js';

/** Calls of somebody who works in a root, by paths below it. Whatever cannot be done any more is left. */
export class Shell {
  readonly world: World;
  readonly who: string;
  readonly #paths: Paths;

  constructor(world: World, who: string) {
    this.world = world;
    this.who = who;
    this.#paths = new Paths(world.root, () => world.root);
  }

  find(path: string): Inode | null {
    try {
      return this.#paths.find(path, false);
    } catch {
      return null;
    }
  }

  names(path: string): readonly string[] {
    const inode = this.find(path);
    return inode?.kind === 'directory' ? [...inode.entries.keys()] : [];
  }

  mkdir(path: string): void {
    this.#do(`mkdir ${path}`, () => {
      const { directory, name } = this.#paths.place(path);
      this.world.volume.mkdir(directory, name, 0o755);
    });
  }

  write(path: string, content: Uint8Array): void {
    this.#do(`write ${path} (${content.length} bytes)`, () => {
      const { directory, name } = this.#paths.place(path);
      const { volume } = this.world;
      const there = directory.entries.get(name) ?? volume.create(directory, name, 0o644);
      if (there.kind !== 'file') return;
      volume.write(there, content);
      // Trainers flush what they write, which makes no name of anybody durable.
      there.durable = there.content;
    });
  }

  touch(path: string): void {
    this.#do(`touch ${path}`, () => {
      const { volume } = this.world;
      volume.setTimes(this.#paths.find(path, false), volume.inodes.nowNs());
    });
  }

  rename(from: string, to: string): void {
    this.#do(`rename ${from} ${to}`, () => {
      const [before, after] = [this.#paths.place(from), this.#paths.place(to)];
      this.world.volume.rename(before.directory, before.name, after.directory, after.name);
    });
  }

  remove(path: string): void {
    this.#do(`remove ${path}`, () => {
      const { directory, name } = this.#paths.place(path);
      const { volume } = this.world;
      if (directory.entries.get(name)?.kind === 'directory') volume.rmdir(directory, name);
      else volume.unlink(directory, name);
    });
  }

  symlink(path: string, target: string): void {
    this.#do(`symlink ${path} ${target}`, () => {
      const { directory, name } = this.#paths.place(path);
      this.world.volume.symlink(directory, name, target);
    });
  }

  /** Paths of all files below one, depth first, in the order of a listing. */
  files(path: string): readonly string[] {
    const inode = this.find(path);
    if (inode?.kind !== 'directory') return [];
    return filesBelow(inode, path);
  }

  #do(what: string, call: () => void): void {
    const { volume, trace } = this.world;
    try {
      volume.as(this.who, call);
      trace.add(this.who, what);
    } catch (error) {
      // Somebody was faster, or the directory went: trainers go on with something else.
      trace.add(this.who, `${what}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

function filesBelow(directory: DirectoryNode, path: string): readonly string[] {
  return [...directory.entries].flatMap(([name, inode]) =>
    inode.kind === 'directory' ? filesBelow(inode, `${path}/${name}`) : [`${path}/${name}`],
  );
}

export function isFile(inode: Inode | null): inode is FileNode {
  return inode?.kind === 'file';
}
