import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The part of node:test's context that is used here: suites and single tests both have it. */
export interface Cleanup {
  after(callback: () => void | Promise<void>): void;
}

/** A new directory, gone again when the test has ended. Its path is a real one: no symbolic link in it. */
export async function temporaryDirectory(test: Cleanup): Promise<string> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'steplease-')));
  test.after(() => rm(directory, { recursive: true, force: true, maxRetries: 3 }));
  return directory;
}
