import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Cleanup } from './temporary-directory.js';

/** A folder with the given files (contents by relative path) that is removed after the test. */
export function temporaryFolder(
  test: Cleanup,
  files: Readonly<Record<string, string>> = {},
  parent = tmpdir(),
): string {
  const folder = mkdtempSync(join(parent, 'steplease-test-'));
  test.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  return folder;
}

/** The same in memory, where the machine has that: what is written there is never waited for. */
export function memoryFolder(test: Cleanup): string {
  return temporaryFolder(test, {}, hasMemory ? MEMORY : tmpdir());
}

const MEMORY = '/dev/shm';
const hasMemory = existsSync(MEMORY);
