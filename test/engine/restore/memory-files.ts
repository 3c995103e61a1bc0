import { nodeCodecs } from '../../../src/adapters/restore/node-codecs.js';
import type {
  CheckpointFiles,
  CheckpointSource,
  DirectoryEntry,
  ReadRange,
} from '../../../src/engine/restore/checkpoint-files.js';
import { unreadable } from '../../../src/engine/restore/restore-error.js';

/** A checkpoint directory held in memory; keeps note of what is read. */
export class MemoryFiles implements CheckpointFiles {
  readonly contents: Map<string, Uint8Array>;
  readonly directories: ReadonlySet<string>;
  readonly bytesRead = new Map<string, number>();
  private readonly prefix: string;

  constructor(contents: Iterable<[string, Uint8Array]>, directories: Iterable<string> = [], prefix = '') {
    this.contents = contents instanceof Map ? contents : new Map(contents);
    this.directories = new Set(directories);
    this.prefix = prefix;
  }

  read(path: string, range: ReadRange): Uint8Array | null {
    const content = this.contents.get(this.prefix + path);
    if (content === undefined) return null;
    const offset = range.offset ?? 0;
    const length = range.length ?? Math.max(0, content.length - offset);
    if (length > range.maxBytes) throw unreadable(path, 'more bytes than allowed');
    if (offset + length > content.length)
      throw unreadable(path, `ends at byte ${content.length}`, offset, 'too_short');
    this.bytesRead.set(path, (this.bytesRead.get(path) ?? 0) + length);
    return content.subarray(offset, offset + length);
  }

  size(path: string): number | null {
    return this.contents.get(this.prefix + path)?.length ?? null;
  }

  list(path: string): readonly DirectoryEntry[] | null {
    const directory = path === '' ? this.prefix : `${this.prefix + path}/`;
    const kinds = new Map<string, DirectoryEntry['kind']>();
    for (const name of this.directories) this.note(kinds, directory, `${name}/`);
    for (const name of this.contents.keys()) this.note(kinds, directory, name);
    if (kinds.size === 0 && path !== '' && !this.directories.has(this.prefix + path)) return null;
    return [...kinds].map(([name, kind]) => ({ name, kind }));
  }

  within(path: string): MemoryFiles {
    return new MemoryFiles(this.contents, this.directories, `${this.prefix}${path}/`);
  }

  private note(kinds: Map<string, DirectoryEntry['kind']>, directory: string, full: string): void {
    if (!full.startsWith(directory)) return;
    const [name = '', ...rest] = full.slice(directory.length).split('/');
    if (name !== '') kinds.set(name, rest.length > 0 ? 'directory' : 'file');
  }
}

export function sourceOf(files: CheckpointFiles): CheckpointSource {
  return { files, codecs: nodeCodecs };
}

export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
