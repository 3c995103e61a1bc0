import type { CheckpointFiles, DirectoryEntry, ReadRange } from './checkpoint-files.js';
import { CoveredBytes } from './covered-bytes.js';

/** Passes everything through and counts what was looked at, here and in the views of subdirectories. */
export class CountingFiles implements CheckpointFiles {
  readonly #files: CheckpointFiles;
  readonly #prefix: string;
  /** By path from the directory that the counting began at. */
  readonly #seen: Map<string, CoveredBytes>;

  constructor(files: CheckpointFiles, prefix = '', seen = new Map<string, CoveredBytes>()) {
    this.#files = files;
    this.#prefix = prefix;
    this.#seen = seen;
  }

  get checkedFiles(): number {
    return this.#seen.size;
  }

  get checkedBytes(): number {
    return [...this.#seen.values()].reduce((sum, covered) => sum + covered.count, 0);
  }

  read(path: string, range: ReadRange): Uint8Array | null {
    const bytes = this.#files.read(path, range);
    if (bytes !== null) this.#bytesOf(path).add(range.offset ?? 0, bytes.length);
    return bytes;
  }

  size(path: string): number | null {
    const size = this.#files.size(path);
    if (size !== null) this.#bytesOf(path);
    return size;
  }

  list(path: string): readonly DirectoryEntry[] | null {
    return this.#files.list(path);
  }

  within(path: string): CountingFiles {
    return new CountingFiles(this.#files.within(path), `${this.#prefix}${path}/`, this.#seen);
  }

  #bytesOf(path: string): CoveredBytes {
    const key = this.#prefix + path;
    const known = this.#seen.get(key);
    if (known !== undefined) return known;
    const covered = new CoveredBytes();
    this.#seen.set(key, covered);
    return covered;
  }
}
