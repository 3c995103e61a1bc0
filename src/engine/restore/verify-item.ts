import type { ArrayLayout } from './array-store.js';
import type { CheckpointSource } from './checkpoint-files.js';
import { CountingFiles } from './counting-files.js';
import { MANIFEST_FILE } from './ocdbt/manifest.js';
import { usesOcdbt } from './restore-args.js';
import type { Sharding } from './sharding.js';
import { readShardings, SHARDING_FILE } from './sharding-file.js';
import { parameterName, type TreeEntry } from './tree-entry.js';
import { readTreeMetadata, TREE_METADATA_FILE, type TreeMetadata } from './tree-metadata.js';
import { ARRAY_TYPES, JAX_ARRAY_TYPE } from './value-types.js';
import { type ItemVerification, Problems } from './verification.js';
import { verifyArrayFiles } from './verify-arrays.js';
import { verifyDatabase } from './verify-database.js';
import { verifyNotes } from './verify-notes.js';
import { verifyStrings } from './verify-strings.js';
import { checkWriteShape } from './write-shape.js';
import type { ZarrArray } from './zarr-array.js';

/** An item may consist of further ones: a random key is stored as an array beside a JSON file. */
const MAX_NESTING = 3;

/**
 * Whether the item is whole: every checksum right, every referenced data file present and long enough, every record
 * of the same thing in agreement. Of an item that is no PyTree (JSON, a protocol buffer) only what is nested in it
 * and is one can be checked.
 */
export function verifyItem(source: CheckpointSource): ItemVerification {
  const files = new CountingFiles(source.files);
  const problems = new Problems();
  verifyDirectory({ ...source, files }, problems);
  const nested = nestedItems(source);
  for (const [directory, result] of nested) {
    for (const { file, code, detail } of result.problems) problems.add(`${directory}/${file}`, code, detail);
  }
  const sum = (of: (result: ItemVerification) => number) => nested.reduce((total, [, r]) => total + of(r), 0);
  return {
    ok: problems.list.length === 0,
    problems: problems.list,
    checkedFiles: files.checkedFiles + sum((result) => result.checkedFiles),
    checkedBytes: files.checkedBytes + sum((result) => result.checkedBytes),
  };
}

function nestedItems(source: CheckpointSource, depth = 0): [string, ItemVerification][] {
  if (depth >= MAX_NESTING || source.files.size(TREE_METADATA_FILE) !== null) return [];
  const found: [string, ItemVerification][] = [];
  for (const entry of source.files.list('') ?? []) {
    if (entry.kind !== 'directory') continue;
    const inner = { ...source, files: source.files.within(entry.name) };
    if (inner.files.size(TREE_METADATA_FILE) !== null) found.push([entry.name, verifyItem(inner)]);
    for (const [name, result] of nestedItems(inner, depth + 1)) found.push([`${entry.name}/${name}`, result]);
  }
  return found;
}

function verifyDirectory(source: CheckpointSource, problems: Problems): void {
  const tree = problems.attempt(() => readTreeMetadata(source.files));
  if (tree === null) {
    // Found only beside a tree's metadata, which then was there once.
    const rest = [MANIFEST_FILE, SHARDING_FILE].find((file) => source.files.size(file) !== null);
    if (rest !== undefined && source.files.size(TREE_METADATA_FILE) === null)
      problems.add(TREE_METADATA_FILE, 'missing', `the file is missing, though there is ${rest}`);
    return;
  }
  const layout: ArrayLayout = { ocdbt: usesOcdbt(source, tree), zarr3: tree.useZarr3 };
  const filled = tree.entries.filter((entry) => !entry.skipDeserialize);
  // Where a type handler of the trainer's own keeps its leaves is not known here; that is no damage.
  const inArrays = filled.filter((entry) => ARRAY_TYPES.has(entry.valueType));
  const names = new Set(inArrays.map((entry) => parameterName(entry.path)));
  const verify = layout.ocdbt ? verifyDatabase : verifyArrayFiles;
  const arrays =
    names.size === 0 ? new Map() : verify(source, names, layout, !tree.storesFillValues, problems);
  verifyRecords(source, tree, inArrays, arrays, problems);
  verifyStrings(source.files, filled, problems);
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
