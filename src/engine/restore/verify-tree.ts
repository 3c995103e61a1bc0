import type { ArrayLayout } from './array-store.js';
import type { CheckpointSource } from './checkpoint-files.js';
import { type MsgpackStructure, readMsgpackStructure } from './msgpack-structure.js';
import { usesOcdbt } from './restore-args.js';
import type { Sharding } from './sharding.js';
import { readShardings } from './sharding-file.js';
import { parameterName, type TreeEntry } from './tree-entry.js';
import { TREE_METADATA_FILE, type TreeMetadata } from './tree-metadata.js';
import { ARRAY_TYPES, JAX_ARRAY_TYPE } from './value-types.js';
import type { Problems } from './verification.js';
import { verifyArrayFiles } from './verify-arrays.js';
import { verifyDatabase } from './verify-database.js';
import { verifyNotes } from './verify-notes.js';
import { verifyStrings } from './verify-strings.js';
import { checkWriteShape } from './write-shape.js';
import type { ZarrArray } from './zarr-array.js';

/** Checks a PyTree by its `_METADATA`: arrays, strings, and what each file says of them. */
export function verifyTree(source: CheckpointSource, tree: TreeMetadata, problems: Problems): void {
  const layout: ArrayLayout = { ocdbt: usesOcdbt(source, tree), zarr3: tree.useZarr3 };
  const filled = tree.entries.filter((entry) => !entry.skipDeserialize);
  const structure = problems.attempt(() => readMsgpackStructure(source.files));
  const inArrays = filled.filter((entry) => isInArray(entry, structure));
  const names = new Set(inArrays.map((entry) => parameterName(entry.path)));
  const arrays = verifyStoredArrays(source, names, layout, !tree.storesFillValues, problems);
  verifyRecords(source, tree, inArrays, arrays, problems);
  verifyStrings(source.files, filled, problems);
}

/** Checks the arrays of these names, in whichever of the two ways they are stored. */
export function verifyStoredArrays(
  source: CheckpointSource,
  names: ReadonlySet<string>,
  layout: ArrayLayout,
  chunksMayBeMissing: boolean,
  problems: Problems,
): ReadonlyMap<string, ZarrArray> {
  if (names.size === 0) return new Map();
  const verify = layout.ocdbt ? verifyDatabase : verifyArrayFiles;
  return verify(source, names, layout, chunksMayBeMissing, problems);
}

/** Where a type handler of the trainer's own keeps its leaves is not known here; that is no damage. */
function isInArray(entry: TreeEntry, structure: MsgpackStructure | null): boolean {
  return ARRAY_TYPES.has(entry.valueType) && structure?.inline.has(parameterName(entry.path)) !== true;
}

/** Compares what `_METADATA`, `_sharding` and `array_metadatas` say of the arrays with the arrays themselves. */
function verifyRecords(
  source: CheckpointSource,
  tree: TreeMetadata,
  entries: readonly TreeEntry[],
  arrays: ReadonlyMap<string, ZarrArray>,
  problems: Problems,
): void {
  const jaxArrays = entries.filter((entry) => entry.valueType === JAX_ARRAY_TYPE);
  const names = jaxArrays.map((entry) => parameterName(entry.path));
  const shardings: ReadonlyMap<string, Sharding | null> | null =
    names.length === 0 ? null : problems.attempt(() => readShardings(source.files, names));
  for (const entry of jaxArrays) {
    const name = parameterName(entry.path);
    const array = arrays.get(name);
    if (entry.writeShape === null || array === undefined) continue;
    const problem = checkWriteShape(entry.writeShape, array, shardings?.get(name) ?? null);
    if (problem === null) continue;
    const shape = `[${array.shape.join(', ')}]`;
    problems.add(
      TREE_METADATA_FILE,
      'contradiction',
      `${JSON.stringify(name)} is of shape ${shape}, but ${problem}`,
    );
  }
  verifyNotes(source.files, tree.entries, arrays, problems);
}
