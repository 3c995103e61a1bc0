import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { TestContext } from 'node:test';

const SIZE_BYTES = 16 * 1024 * 1024;

/** An ext4 in a file that stops all writing at the first error, as one on a failing disk does; it goes with the test. */
export class FailingFilesystem {
  readonly path: string;
  readonly #image: string;

  private constructor(path: string) {
    this.path = path;
    this.#image = `${path}.image`;
  }

  /** The filesystem, or why this machine gives none. */
  static mount(test: TestContext): FailingFilesystem | string {
    if (process.geteuid?.() !== 0) return 'only root can mount a filesystem';
    const filesystem = new FailingFilesystem(mkdtempSync(join(tmpdir(), 'steplease-failing-')));
    writeFileSync(filesystem.#image, '');
    truncateSync(filesystem.#image, SIZE_BYTES);
    test.after(() => filesystem.#remove());
    try {
      run('mkfs.ext4', '-q', filesystem.#image);
      filesystem.repair();
      return filesystem;
    } catch (error) {
      return String(error);
    }
  }

  /** From now on it can only be read. */
  fail(): void {
    const device = basename(run('findmnt', '-no', 'SOURCE', this.path).trim());
    writeFileSync(`/sys/fs/ext4/${device}/trigger_fs_error`, '1');
  }

  /** Mounts it anew. Nothing may have a file open in it. */
  repair(): void {
    spawnSync('umount', [this.path]);
    run('mount', '-o', 'loop,errors=remount-ro', this.#image, this.path);
  }

  #remove(): void {
    // Whoever still has a file open in it does not keep it mounted.
    spawnSync('umount', ['--lazy', this.path]);
    rmdirSync(this.path);
    rmSync(this.#image);
  }
}

function run(program: string, ...args: readonly string[]): string {
  const { error, status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program}: ${error?.message ?? stderr.trim()}`);
  return stdout;
}
