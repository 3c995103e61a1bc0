import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { ownFile } from './own-file.js';

/** The version of this package, as package.json has it. */
export const VERSION = readVersion(
  createRequire(import.meta.url)(fileURLToPath(ownFile('../../package.json'))),
);

function readVersion(manifest: { readonly version: string }): string {
  return manifest.version;
}
