import type { CheckpointSource } from '../checkpoint-files.js';
import { MAX_NODE_DECODED_BYTES, MAX_NODE_ENCODED_BYTES } from '../limits.js';
import { missing, unreadable } from '../restore-error.js';
import { BTREE_NODE_MAGIC, openBlock } from './block.js';
import { type BlockReference, blockReference } from './block-reference.js';
import type { ByteReader } from './byte-reader.js';
import { type DataFile, readDataFileTable } from './data-file-table.js';
import type { NodeBudget } from './node-budget.js';
import { NodeKeys } from './node-keys.js';

/** A child of an inner node. */
export interface ChildEntry {
  /** The full key of the child's first entry. Valid only during the visit. */
  readonly key: Uint8Array;
  /** The prefix of all keys below the child. Valid only during the visit. */
  readonly prefix: Uint8Array;
  readonly node: BlockReference;
}

/** A key with its value. */
export interface ValueEntry {
  /** The full key. Valid only during the visit. */
  readonly key: Uint8Array;
  /** The value itself when the node holds it, else where it lies. */
  readonly value: Uint8Array | BlockReference;
}

/**
 * A decoded node of the B+tree. It is stored column by column; entries are put together one at a time from a cursor
 * in each column, so that a node of millions of entries takes no memory beyond its bytes.
 */
export class BtreeNode {
  readonly height: number;
  readonly #files: readonly DataFile[];
  readonly #count: number;
  readonly #reader: ByteReader;
  readonly #keyPrefix: Uint8Array;

  private constructor(reader: ByteReader, height: number, keyPrefix: Uint8Array, basePath: string) {
    this.#reader = reader;
    this.height = height;
    this.#keyPrefix = keyPrefix;
    this.#files = readDataFileTable(reader, basePath);
    this.#count = reader.count(height === 0 ? 3 : 8);
    if (this.#count === 0) throw reader.fail('a node without entries');
  }

  /** Reads and checks a node, which must stand at the expected height: a tree that loops is found out by that. */
  static read(
    source: CheckpointSource,
    reference: BlockReference,
    height: number,
    keyPrefix: Uint8Array,
    budget: NodeBudget,
  ): BtreeNode {
    const { path, basePath } = reference.file;
    const { offset, length } = reference;
    if (length > MAX_NODE_ENCODED_BYTES) throw unreadable(path, `a node of ${length} bytes`, offset);
    const bytes = source.files.read(path, { offset, length, maxBytes: MAX_NODE_ENCODED_BYTES });
    if (bytes === null) throw missing(path, 'the data file is missing');
    const place = { file: path, offset };
    const reader = openBlock(bytes, BTREE_NODE_MAGIC, place, source.codecs, MAX_NODE_DECODED_BYTES);
    if (!budget.spend(reader.bytes.length)) throw reader.fail('the tree is too large');
    if (reader.byte() !== height) throw reader.fail(`the node is not at height ${height}`);
    return new BtreeNode(reader, height, keyPrefix, basePath);
  }

  /** Visits the children of an inner node in key order. */
  visitChildren(visit: (entry: ChildEntry) => void): void {
    const count = this.#count;
    const reader = this.#reader;
    const columns = reader.fork();
    const next = () => {
      const column = columns.fork();
      columns.skipVarints(count);
      return column;
    };
    const keys = new NodeKeys(columns, count, this.#keyPrefix);
    const commonPrefixes = next();
    keys.skipSuffixes(columns);
    const [fileIds, offsets, lengths] = [next(), next(), next()];
    columns.skipVarints(3 * count); // statistics: keys, tree bytes, indirect value bytes
    columns.end();
    for (let i = 0; i < count; i++) {
      const key = keys.next();
      const common = this.#keyPrefix.length + commonPrefixes.varint();
      if (common > key.length) throw reader.fail('a common prefix is longer than the key');
      const node = blockReference(reader, this.#files, fileIds.varint(), offsets.varint(), lengths.varint());
      visit({ key, prefix: key.subarray(0, common), node });
    }
  }

  /** Visits the entries of a leaf in key order. */
  visitValues(visit: (entry: ValueEntry) => void): void {
    const count = this.#count;
    const reader = this.#reader;
    const columns = reader.fork();
    const keys = new NodeKeys(columns, count, this.#keyPrefix);
    keys.skipSuffixes(columns);
    const lengths = columns.fork();
    columns.skipVarints(count);
    const kinds = columns.fork();
    const outside = countOutside(columns, count);
    const fileIds = columns.fork();
    columns.skipVarints(outside);
    const offsets = columns.fork();
    columns.skipVarints(outside);
    for (let i = 0; i < count; i++) {
      const key = keys.next();
      const length = lengths.varint();
      const value =
        kinds.varint() === 0
          ? columns.take(length)
          : blockReference(reader, this.#files, fileIds.varint(), offsets.varint(), length);
      visit({ key, value });
    }
    columns.end();
  }
}

/** Entries whose value lies elsewhere. */
function countOutside(kinds: ByteReader, count: number): number {
  let outside = 0;
  for (let i = 0; i < count; i++) {
    const kind = kinds.varint();
    if (kind > 1) throw kinds.fail('unknown kind of value');
    outside += kind;
  }
  return outside;
}
