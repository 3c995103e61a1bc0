import type { CheckpointFiles, DirectoryEntry, ReadRange } from './checkpoint-files.js';

/** Passes everything through and counts what was looked at. */
export class CountingFiles implements CheckpointFiles {
  readonly #files: CheckpointFiles;
  readonly #paths = new Set<string>();
  #bytes = 0;

  constructor(files: CheckpointFiles) {
    this.#files = files;
  }

  get checkedFiles(): number {
    return this.#paths.size;
  }

  get checkedBytes(): number {
    return this.#bytes;
  }

  read(path: string, range: ReadRange): Uint8Array | null {
    const bytes = this.#files.read(path, range);
    if (bytes !== null) {
      this.#paths.add(path);
      this.#bytes += bytes.length;
    }
    return bytes;
  }

  size(path: string): number | null {
    const size = this.#files.size(path);
    if (size !== null) this.#paths.add(path);
    return size;
  }

  list(path: string): readonly DirectoryEntry[] | null {
    return this.#files.list(path);
  }

  within(path: string): CheckpointFiles {
    return this.#files.within(path);
  }
}
