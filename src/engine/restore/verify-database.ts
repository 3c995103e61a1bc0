import { type ArrayLayout, arrayPrefix, metadataKey } from './array-store.js';
import type { CheckpointSource } from './checkpoint-files.js';
import { checkChunk } from './chunk-check.js';
import { chunkCount, isChunkKey } from './chunk-grid.js';
import { MAX_ZARR_METADATA_BYTES } from './limits.js';
import type { BlockReference } from './ocdbt/block-reference.js';
import { MANIFEST_FILE, type Manifest, readManifest } from './ocdbt/manifest.js';
import { walkDatabase } from './ocdbt/walk.js';
import { missing, unreadable } from './restore-error.js';
import type { Problems } from './verification.js';
import type { ZarrArray } from './zarr-array.js';
import { zarrFileName } from './zarr-metadata.js';
import { ZarrParser } from './zarr-parser.js';

const PROCESS_DIRECTORY = /^ocdbt\.process_[A-Za-z0-9_]+$/;

/** How much of an array the database holds. */
interface StoredArray {
  readonly array: ZarrArray;
  chunks: number;
}

/**
 * Checks every node of every version of the item's OCDBT database and of those of the processes it was merged from,
 * the size of every data file that is referred to, and that each parameter has its metadata and all its chunks.
 *
 * @returns the arrays whose metadata is sound, by parameter name.
 */
export function verifyDatabase(
  source: CheckpointSource,
  names: ReadonlySet<string>,
  layout: ArrayLayout,
  chunksMayBeMissing: boolean,
  problems: Problems,
): Map<string, ZarrArray> {
  const extents = new Extents();
  const manifest = problems.attempt(() => openManifest(source));
  const stored = manifest === null ? new Map() : collectArrays(source, manifest, layout, extents, problems);
  for (const directory of processDirectories(source)) {
    const child = problems.attempt(() => readManifest(source, `${directory}/`));
    if (child !== null) walk(source, child, extents, problems, () => {});
  }
  extents.check(source, problems);
  const arrays = new Map<string, ZarrArray>();
  if (manifest === null) return arrays;
  for (const name of names) {
    const found = stored.get(arrayPrefix(name, layout));
    if (found === undefined) {
      const key = JSON.stringify(metadataKey(name, layout));
      problems.add(manifest.file, 'missing', `the database has no sound metadata under ${key}`);
      continue;
    }
    arrays.set(name, found.array);
    const expected = chunkCount(found.array);
    if (found.chunks < expected && !chunksMayBeMissing) {
      problems.add(
        manifest.file,
        'missing',
        `${JSON.stringify(name)} has ${found.chunks} of ${expected} chunks`,
      );
    }
  }
  return arrays;
}

function openManifest(source: CheckpointSource): Manifest {
  const manifest = readManifest(source, '');
  if (manifest !== null) return manifest;
  throw missing(MANIFEST_FILE, 'the file is missing: the databases of the processes were never merged');
}

function processDirectories(source: CheckpointSource): string[] {
  return (source.files.list('') ?? [])
    .filter((entry) => entry.kind === 'directory' && PROCESS_DIRECTORY.test(entry.name))
    .map((entry) => entry.name)
    .sort();
}

function walk(
  source: CheckpointSource,
  manifest: Manifest,
  extents: Extents,
  problems: Problems,
  newestValue: (key: Uint8Array, value: Uint8Array | BlockReference) => void,
): void {
  walkDatabase(source, manifest, {
    newestValue,
    reference: (value) => extents.note(value),
    problem: (error) => problems.addError(error),
  });
}

/** One pass for the metadata, one for the chunks: chunk keys may sort before the metadata that explains them. */
function collectArrays(
  source: CheckpointSource,
  manifest: Manifest,
  layout: ArrayLayout,
  extents: Extents,
  problems: Problems,
): Map<string, StoredArray> {
  const stored = new Map<string, StoredArray>();
  const parser = new ZarrParser(layout.zarr3);
  const decoder = new TextDecoder('utf-8');
  const metadataName = zarrFileName(layout.zarr3);
  walk(source, manifest, extents, problems, (keyBytes, value) => {
    const key = decoder.decode(keyBytes);
    const prefix = key.slice(0, key.lastIndexOf('/') + 1);
    if (key !== prefix + metadataName) return;
    const array = problems.attempt(() => parser.parse(valueBytes(source, value), manifest.file));
    if (array !== null) stored.set(prefix, { array, chunks: 0 });
  });
  walkAgain(source, manifest, (key, value) => {
    const owner = ownerOf(key, stored, layout.zarr3);
    if (owner === null) return;
    owner.chunks++;
    if (value instanceof Uint8Array) return;
    const { offset, length } = value;
    const place = { file: value.file.path, offset, length };
    const problem = problems.attempt(() => checkChunk(source, owner.array, place));
    if (problem !== null) problems.add(place.file, problem.code, `${key}: ${problem.detail}`);
  });
  return stored;
}

/** The nodes have been checked by now, and their problems reported. */
function walkAgain(
  source: CheckpointSource,
  manifest: Manifest,
  visit: (key: string, value: Uint8Array | BlockReference) => void,
): void {
  const decoder = new TextDecoder('utf-8');
  const newest = manifest.versions.slice(-1);
  walkDatabase(
    source,
    { ...manifest, versions: newest, versionNodes: [] },
    {
      newestValue: (key, value) => visit(decoder.decode(key), value),
      reference: () => {},
      problem: () => {},
    },
  );
}

/** The array that a chunk's key belongs to. Separators may be slashes, so each slash may end the array's prefix. */
function ownerOf(key: string, stored: ReadonlyMap<string, StoredArray>, zarr3: boolean): StoredArray | null {
  let slash = key.length;
  do {
    slash = key.lastIndexOf('/', slash - 1);
    const owner = stored.get(key.slice(0, slash + 1));
    if (owner !== undefined && isChunkKey(key.slice(slash + 1), owner.array, zarr3)) return owner;
  } while (slash >= 0);
  return null;
}

function valueBytes(source: CheckpointSource, value: Uint8Array | BlockReference): Uint8Array {
  if (value instanceof Uint8Array) return value;
  const { offset, length } = value;
  const file = value.file.path;
  if (length > MAX_ZARR_METADATA_BYTES) throw unreadable(file, `a metadata value of ${length} bytes`, offset);
  const bytes = source.files.read(file, { offset, length, maxBytes: MAX_ZARR_METADATA_BYTES });
  if (bytes === null) throw missing(file, 'the data file is missing');
  return bytes;
}

/** How long each data file must be. */
class Extents {
  readonly #ends = new Map<string, number>();

  note({ file, offset, length }: BlockReference): void {
    this.#ends.set(file.path, Math.max(this.#ends.get(file.path) ?? 0, offset + length));
  }

  check(source: CheckpointSource, problems: Problems): void {
    for (const [file, end] of this.#ends) {
      const size = problems.attempt(() => ({ bytes: source.files.size(file) }));
      if (size === null) continue;
      if (size.bytes === null) problems.add(file, 'missing', 'the data file is missing');
      else if (size.bytes < end)
        problems.add(file, 'too_short', `ends at byte ${size.bytes}, before byte ${end}`);
    }
  }
}
