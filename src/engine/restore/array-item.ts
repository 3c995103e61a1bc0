import { metadataKey } from './array-store.js';
import type { CheckpointFiles, CheckpointSource } from './checkpoint-files.js';
import { MAX_ZARR_METADATA_BYTES } from './limits.js';
import { lookUp } from './ocdbt/lookup.js';
import { readManifest } from './ocdbt/manifest.js';

/** What `ArrayCheckpointHandler` calls the only array of its item. */
export const ARRAY_NAME = 'checkpoint';

/** Whether the array of an `ArrayCheckpointHandler` is here, in files of its own. */
export function isArrayInFiles(files: CheckpointFiles): boolean {
  return files.size(metadataKey(ARRAY_NAME, { ocdbt: false, zarr3: false })) !== null;
}

/** Whether it is here in a database. */
export function isArrayInDatabase(source: CheckpointSource): boolean {
  const manifest = readManifest(source, '');
  if (manifest === null) return false;
  const key = metadataKey(ARRAY_NAME, { ocdbt: true, zarr3: false });
  let found = false;
  lookUp(source, manifest, [key], MAX_ZARR_METADATA_BYTES, () => {
    found = true;
  });
  return found;
}
