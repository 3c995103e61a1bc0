import { type ArrayLayout, arrayPrefix, metadataKey, readZarrFile } from './array-store.js';
import type { CheckpointSource } from './checkpoint-files.js';
import { checkChunk } from './chunk-check.js';
import { chunkCount, chunkKeys } from './chunk-grid.js';
import type { Problems } from './verification.js';
import type { ZarrArray } from './zarr-array.js';
import { ZarrParser } from './zarr-parser.js';

/** More chunk files than this in one array are not looked for one by one. */
const MAX_CHUNK_FILES = 1_000_000;

/**
 * Checks the arrays of a checkpoint that stores each in a directory of its own: metadata, and a file for every chunk.
 *
 * @param chunksMayBeMissing older checkpoints leave out chunks that hold only the fill value.
 * @returns the arrays whose metadata is sound, by parameter name.
 */
export function verifyArrayFiles(
  source: CheckpointSource,
  names: ReadonlySet<string>,
  layout: ArrayLayout,
  chunksMayBeMissing: boolean,
  problems: Problems,
): Map<string, ZarrArray> {
  const arrays = new Map<string, ZarrArray>();
  const parser = new ZarrParser(layout.zarr3);
  for (const name of names) {
    const array = problems.attempt(() => readZarrFile(source, metadataKey(name, layout), parser));
    if (array === null) continue;
    arrays.set(name, array);
    problems.attempt(() => verifyChunks(source, name, array, layout, chunksMayBeMissing, problems));
  }
  return arrays;
}

function verifyChunks(
  source: CheckpointSource,
  name: string,
  array: ZarrArray,
  layout: ArrayLayout,
  chunksMayBeMissing: boolean,
  problems: Problems,
): void {
  const prefix = arrayPrefix(name, layout);
  if (chunkCount(array) > MAX_CHUNK_FILES) {
    problems.add(
      metadataKey(name, layout),
      'contradiction',
      `${chunkCount(array)} chunks are more than is plausible`,
    );
    return;
  }
  for (const key of chunkKeys(array, layout.zarr3)) {
    const file = prefix + key;
    const length = source.files.size(file);
    if (length === null) {
      if (!chunksMayBeMissing) problems.add(file, 'missing', 'the chunk is missing');
      continue;
    }
    const problem = checkChunk(source, array, { file, offset: 0, length });
    if (problem !== null) problems.add(file, problem.code, problem.detail);
  }
}
