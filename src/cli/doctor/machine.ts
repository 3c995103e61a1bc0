import type { FileSystem } from '../../engine/file-system.js';

/** What the doctor asks of the machine that it runs on; the composition root knows who answers. */
export interface Machine {
  /** The same eyes as the server's. To be closed. */
  openFiles(): FileSystem;
  /**
   * The SQLite library that this Node loads, and its version.
   *
   * @throws Error when there is none that fits.
   */
  sqlite(): Promise<{ readonly library: string; readonly version: string }>;
  /** A setting of the kernel, by its path below `/proc/sys`; null where there is none. */
  kernelSetting(path: string): string | null;
}
