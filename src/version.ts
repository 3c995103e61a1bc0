import { createRequire } from 'node:module';

/** The version of this package, as package.json has it. */
export const VERSION = readVersion(createRequire(import.meta.url)('../../package.json'));

function readVersion(manifest: { readonly version: string }): string {
  return manifest.version;
}
