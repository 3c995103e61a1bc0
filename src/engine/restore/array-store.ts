import type { CheckpointSource } from './checkpoint-files.js';
import { MAX_ZARR_METADATA_BYTES } from './limits.js';
import { lookUp } from './ocdbt/lookup.js';
import { MANIFEST_FILE, readManifest } from './ocdbt/manifest.js';
import { compareStrings } from './order.js';
import { missing } from './restore-error.js';
import type { ZarrArray } from './zarr-array.js';
import { zarrFileName } from './zarr-metadata.js';
import { ZarrParser } from './zarr-parser.js';

export interface ArrayLayout {
  readonly ocdbt: boolean;
  readonly zarr3: boolean;
}

/** Where a parameter's zarr metadata stands: a file of its own, or a key of the OCDBT database. */
export function metadataKey(name: string, layout: ArrayLayout): string {
  return arrayPrefix(name, layout) + zarrFileName(layout.zarr3);
}

/**
 * The prefix of all that is stored of a parameter. TensorStore puts a slash behind a prefix that has none, and takes a
 * backslash in a file's path for a slash; a bare leaf has the empty name.
 */
export function arrayPrefix(name: string, layout: ArrayLayout): string {
  const path = layout.ocdbt ? name : name.replaceAll('\\', '/');
  return path === '' || path.endsWith('/') ? path : `${path}/`;
}

/**
 * Reads the zarr metadata under each of the keys.
 *
 * @returns an array for every key; one that does not exist is an error, as it is for Orbax.
 */
export function readArrays(
  source: CheckpointSource,
  keys: ReadonlySet<string>,
  layout: ArrayLayout,
): ReadonlyMap<string, ZarrArray> {
  if (keys.size === 0) return new Map();
  return layout.ocdbt ? readFromOcdbt(source, keys, layout.zarr3) : readFromFiles(source, keys, layout.zarr3);
}

function readFromFiles(
  source: CheckpointSource,
  keys: ReadonlySet<string>,
  zarr3: boolean,
): Map<string, ZarrArray> {
  const arrays = new Map<string, ZarrArray>();
  const parser = new ZarrParser(zarr3);
  for (const file of keys) arrays.set(file, readZarrFile(source, file, parser));
  return arrays;
}

/** Reads one array's metadata from a file of its own. */
export function readZarrFile(source: CheckpointSource, file: string, parser: ZarrParser): ZarrArray {
  const bytes = source.files.read(file, { maxBytes: MAX_ZARR_METADATA_BYTES });
  if (bytes === null) throw missing(file);
  return parser.parse(bytes, file);
}

function readFromOcdbt(
  source: CheckpointSource,
  keys: ReadonlySet<string>,
  zarr3: boolean,
): Map<string, ZarrArray> {
  const manifest = readManifest(source, '');
  if (manifest === null) {
    throw missing(MANIFEST_FILE, 'the file is missing: the databases of the processes were never merged');
  }
  const arrays = new Map<string, ZarrArray>();
  const sorted = [...keys].sort(compareStrings);
  const parser = new ZarrParser(zarr3);
  lookUp(source, manifest, sorted, MAX_ZARR_METADATA_BYTES, (index, value) => {
    arrays.set(sorted[index] ?? '', parser.parse(value.bytes, value.file));
  });
  for (const key of sorted) {
    if (!arrays.has(key)) throw missing(manifest.file, `the database has no key ${JSON.stringify(key)}`);
  }
  return arrays;
}
