import { execFileSync } from 'node:child_process';
import {
  closeSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  rmdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { TestContext } from 'node:test';

const PAGE = 4096;

/** A filesystem of the test's own, to be filled up or broken; it is unmounted after the test. Mounting needs root. */
export class MountedDisk {
  readonly path: string;
  readonly #source: string;
  readonly #options: string;

  private constructor(path: string, source: string, options: string) {
    this.path = path;
    this.#source = source;
    this.#options = options;
  }

  /** In memory, with room for so much. Null, and the test is skipped, where mounting is not permitted. */
  static inMemory(test: TestContext, kib: number): MountedDisk | null {
    const path = mkdtempSync(join(tmpdir(), 'steplease-disk-'));
    return MountedDisk.#mounted(test, new MountedDisk(path, 'tmpfs', `size=${kib}k`), ['-t', 'tmpfs']);
  }

  /** An ext4 in a file, which stops all writing at the first error, as ext4 on a failing disk does. */
  static failing(test: TestContext): MountedDisk | null {
    const path = mkdtempSync(join(tmpdir(), 'steplease-disk-'));
    const image = `${path}.image`;
    writeFileSync(image, '');
    truncateSync(image, 16 * 1024 * 1024);
    try {
      execFileSync('mkfs.ext4', ['-q', image], { stdio: 'pipe' });
    } catch (error) {
      test.skip(`no mkfs.ext4: ${String(error)}`);
      return null;
    }
    const disk = new MountedDisk(path, image, 'loop,errors=remount-ro');
    return MountedDisk.#mounted(test, disk, []);
  }

  static #mounted(test: TestContext, disk: MountedDisk, type: readonly string[]): MountedDisk | null {
    try {
      disk.mount(type);
    } catch (error) {
      test.skip(`mounting is not permitted here: ${String(error)}`);
      return null;
    }
    test.after(() => {
      // The server may still be ending.
      execFileSync('umount', ['--lazy', disk.path], { stdio: 'pipe' });
      rmdirSync(disk.path);
      rmSync(disk.#source, { force: true });
    });
    return disk;
  }

  mount(type: readonly string[] = []): void {
    execFileSync('mount', [...type, '-o', this.#options, this.#source, this.path], { stdio: 'pipe' });
  }

  unmount(): void {
    execFileSync('umount', [this.path], { stdio: 'pipe' });
  }

  /** Nothing may be open for writing on it. */
  remount(mode: 'ro' | 'rw'): void {
    execFileSync('mount', ['-o', `remount,${mode}`, this.path], { stdio: 'pipe' });
  }

  /** Fills it up, but for so many pages of 4 KiB. */
  fill(pagesLeft = 0): void {
    const ballast = openSync(this.#ballast, 'w');
    let pages = 0;
    try {
      for (const page = Buffer.alloc(PAGE, 1); ; pages += 1) writeSync(ballast, page);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
      ftruncateSync(ballast, Math.max(0, pages - pagesLeft) * PAGE);
    } finally {
      closeSync(ballast);
    }
  }

  free(): void {
    rmSync(this.#ballast);
  }

  /** Makes a `failing` disk find an error: from now on it can only be read. */
  fail(): void {
    const device = execFileSync('findmnt', ['-no', 'SOURCE', this.path], { encoding: 'utf8' }).trim();
    writeFileSync(`/sys/fs/ext4/${basename(device)}/trigger_fs_error`, '1');
  }

  get #ballast(): string {
    return join(this.path, 'ballast');
  }
}
