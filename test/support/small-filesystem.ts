import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, truncateSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

const PAGE = 4096;
const DEFAULT_INODES = 10_000;

/** A filesystem in memory that is quickly full; it goes with the test. */
export class SmallFilesystem {
  readonly path: string;
  readonly #filler: string;
  readonly #hoard: string;

  private constructor(path: string) {
    this.path = path;
    this.#filler = join(path, 'filler');
    this.#hoard = join(path, 'hoard');
  }

  /** The filesystem, on an existing directory or one of its own, or why this machine gives none. */
  static mount(
    test: TestContext,
    sizeBytes: number,
    at?: string,
    inodes = DEFAULT_INODES,
  ): SmallFilesystem | string {
    if (process.geteuid?.() !== 0) return 'only root can mount a filesystem';
    const path = at ?? mkdtempSync(join(tmpdir(), 'steplease-small-'));
    const { error, status, stderr } = spawnSync(
      'mount',
      ['-t', 'tmpfs', '-o', `size=${sizeBytes},nr_inodes=${inodes}`, 'steplease-test', path],
      { encoding: 'utf8' },
    );
    if (status === 0) {
      const filesystem = new SmallFilesystem(path);
      test.after(() => {
        filesystem.unmount();
        if (at === undefined) rmSync(path, { recursive: true, force: true });
      });
      return filesystem;
    }
    if (at === undefined) rmSync(path, { recursive: true });
    return `mount: ${error?.message ?? stderr.trim()}`;
  }

  /** Whoever still has a file open in it does not keep it. */
  unmount(at = this.path): void {
    spawnSync('umount', ['--lazy', at]);
  }

  /** Takes all the room but so many pages. */
  fill(freePages: number): void {
    const filler = openSync(this.#filler, 'w');
    const zeros = new Uint8Array(PAGE);
    let sizeBytes = 0;
    try {
      for (;;) sizeBytes += writeSync(filler, zeros);
    } catch {
      // No space left: as it should be.
    } finally {
      closeSync(filler);
    }
    truncateSync(this.#filler, Math.max(0, sizeBytes - freePages * PAGE));
  }

  free(): void {
    rmSync(this.#filler, { force: true });
  }

  /** Takes all the inodes but so many. */
  useInodes(freeInodes: number): void {
    mkdirSync(this.#hoard);
    let count = 0;
    try {
      for (; ; count += 1) closeSync(openSync(join(this.#hoard, String(count)), 'wx'));
    } catch {
      // No inode left: as it should be.
    }
    for (let free = 0; free < freeInodes && count > 0; free += 1) rmSync(join(this.#hoard, String(--count)));
  }

  freeInodes(): void {
    rmSync(this.#hoard, { recursive: true, force: true });
  }

  /** Lets it be written no more, or again. Nothing may be open for writing in it. */
  remount(mode: 'ro' | 'rw'): void {
    const { error, status, stderr } = spawnSync('mount', ['-o', `remount,${mode}`, this.path], {
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`mount: ${error?.message ?? stderr}`);
  }
}
