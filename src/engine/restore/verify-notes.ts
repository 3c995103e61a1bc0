import { type ArrayMetadata, arrayMetadataFiles, readArrayMetadatas } from './array-metadatas.js';
import type { CheckpointFiles } from './checkpoint-files.js';
import { parameterName, type TreeEntry } from './tree-entry.js';
import type { Problems } from './verification.js';
import type { ZarrArray } from './zarr-array.js';

/**
 * Compares the notes that each process took of the arrays, in `array_metadatas`, with `_METADATA` and with the arrays.
 * A parameter that is not noted is no problem: only those that a process wrote are.
 */
export function verifyNotes(
  files: CheckpointFiles,
  entries: readonly TreeEntry[],
  arrays: ReadonlyMap<string, ZarrArray>,
  problems: Problems,
): void {
  const writeShapes = new Map(entries.map((entry) => [parameterName(entry.path), entry.writeShape]));
  for (const file of problems.attempt(() => arrayMetadataFiles(files)) ?? []) {
    for (const note of problems.attempt(() => readArrayMetadatas(files, file)) ?? []) {
      const problem = contradiction(note, writeShapes.get(note.parameter), arrays.get(note.parameter));
      if (problem !== null)
        problems.add(file, 'contradiction', `${JSON.stringify(note.parameter)}: ${problem}`);
    }
  }
}

function contradiction(
  note: ArrayMetadata,
  writeShape: readonly number[] | null | undefined,
  array: ZarrArray | undefined,
): string | null {
  if (writeShape === undefined) return 'the tree has no such parameter';
  if (writeShape !== null && note.writeShape.join() !== writeShape.join()) {
    return `write_shape is [${note.writeShape.join(', ')}], in _METADATA [${writeShape.join(', ')}]`;
  }
  if (array !== undefined && note.chunkShape.join() !== array.chunkShape.join()) {
    return `chunk_shape is [${note.chunkShape.join(', ')}], of the array [${array.chunkShape.join(', ')}]`;
  }
  return null;
}
