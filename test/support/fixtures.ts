import { fileURLToPath } from 'node:url';

/** Absolute path of a committed checkpoint (or of a file in it), such as `plain/100`; see test/fixtures/README.md. */
export function fixturePath(relativePath: string): string {
  return fileURLToPath(new URL(`../../../test/fixtures/checkpoints/${relativePath}`, import.meta.url));
}
