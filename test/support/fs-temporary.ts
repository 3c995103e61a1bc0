import { chmodSync, lstatSync, mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

/** A directory of the test's own, removed with everything in it when the test ends. */
export function temporaryDirectory(t: TestContext, below: string = tmpdir()): string {
  const path = realpathSync(mkdtempSync(join(below, 'steplease-fs-')));
  t.after(() => {
    unlock(path);
    rmSync(path, { recursive: true, force: true });
  });
  return path;
}

/** Immutable snapshots do not let a normal user remove their entries. */
function unlock(directory: string): void {
  chmodSync(directory, 0o700);
  for (const entry of readdirSync(directory, { withFileTypes: true }))
    if (entry.isDirectory()) unlock(join(directory, entry.name));
}

/** Null where the two are one device: then nothing can cross from one to the other. */
export function otherFilesystem(t: TestContext, than: string): string | null {
  const candidate = '/dev/shm';
  try {
    if (lstatSync(candidate).dev === lstatSync(than).dev) return null;
  } catch {
    return null;
  }
  return temporaryDirectory(t, candidate);
}
