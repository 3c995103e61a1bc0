import { type BlockReference, blockReference } from './block-reference.js';
import type { ByteReader } from './byte-reader.js';
import type { DataFile } from './data-file-table.js';

/** A version of the database: the root of its B+tree. */
export interface Version {
  readonly generation: number;
  /** Null for an empty database. */
  readonly root: BlockReference | null;
  readonly rootHeight: number;
}

/** A node of the tree of older versions. */
export interface VersionNode {
  readonly generation: number;
  readonly node: BlockReference;
  readonly height: number;
}

/** Versions in a manifest or in a leaf of the version tree, stored column by column, oldest first. */
export function readVersions(reader: ByteReader, files: readonly DataFile[]): Version[] {
  const count = reader.count(16);
  if (count === 0) throw reader.fail('lists no version');
  const generations = readGenerations(reader, count);
  const heights = [...reader.take(count)];
  const fileIds = readColumn(reader, count);
  const offsets = readColumn(reader, count);
  const lengths = readColumn(reader, count);
  reader.skipVarints(3 * count); // statistics: keys, tree bytes, indirect value bytes
  reader.take(8 * count); // commit times
  return generations.map((generation, i) => {
    const length = lengths[i] ?? 0;
    // The reference of an empty tree is all ones in both fields.
    const empty = offsets[i] === Number.POSITIVE_INFINITY && length === Number.POSITIVE_INFINITY;
    const root = empty ? null : blockReference(reader, files, fileIds[i] ?? 0, offsets[i] ?? 0, length);
    return { generation, root, rootHeight: heights[i] ?? 0 };
  });
}

/**
 * References to version tree nodes, in a manifest (each with its height) or in an inner node (whose children are one
 * lower than itself).
 */
export function readVersionNodes(
  reader: ByteReader,
  files: readonly DataFile[],
  parentHeight: number | null,
): VersionNode[] {
  const count = reader.count(13);
  const generations = readGenerations(reader, count);
  const fileIds = readColumn(reader, count);
  const offsets = readColumn(reader, count);
  const lengths = readColumn(reader, count);
  reader.skipVarints(count); // number of generations below
  reader.take(8 * count); // commit times
  const heights = parentHeight === null ? [...reader.take(count)] : generations.map(() => parentHeight - 1);
  return generations.map((generation, i) => ({
    generation,
    node: blockReference(reader, files, fileIds[i] ?? 0, offsets[i] ?? 0, lengths[i] ?? 0),
    height: heights[i] ?? 0,
  }));
}

function readGenerations(reader: ByteReader, count: number): number[] {
  const generations = readColumn(reader, count);
  let previous = 0;
  for (const generation of generations) {
    if (generation <= previous) throw reader.fail('generations do not increase');
    previous = generation;
  }
  return generations;
}

function readColumn(reader: ByteReader, count: number): number[] {
  const values: number[] = [];
  for (let i = 0; i < count; i++) values.push(reader.varint());
  return values;
}
