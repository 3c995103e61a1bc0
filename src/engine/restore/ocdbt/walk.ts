import type { CheckpointSource } from '../checkpoint-files.js';
import { MAX_MANIFEST_BYTES } from '../limits.js';
import { missing, RestoreError } from '../restore-error.js';
import { openBlock, VERSION_NODE_MAGIC } from './block.js';
import type { BlockReference } from './block-reference.js';
import { BtreeNode } from './btree-node.js';
import { readDataFileTable } from './data-file-table.js';
import type { Manifest } from './manifest.js';
import { NodeBudget } from './node-budget.js';
import { readVersionNodes, readVersions, type Version, type VersionNode } from './version-entries.js';

export interface DatabaseVisitor {
  /** A key of the newest version. What is passed is valid only during the call. */
  newestValue(key: Uint8Array, value: Uint8Array | BlockReference): void;
  /** A value that lies outside the nodes, of any version. */
  reference(value: BlockReference): void;
  /** A node that cannot be read, and what is below it therefore neither; the walk goes on beside it. */
  problem(error: RestoreError): void;
}

/** Visits every node of every version of the database, each once, and checks it on the way. */
export function walkDatabase(source: CheckpointSource, manifest: Manifest, visitor: DatabaseVisitor): void {
  const walk = new Walk(source, visitor);
  const newest = manifest.versions.at(-1);
  for (const version of [...manifest.versions].reverse()) walk.version(version, version === newest);
  for (const node of manifest.versionNodes) walk.versionNode(node);
}

interface Pending {
  readonly node: BlockReference;
  readonly height: number;
  readonly prefix: Uint8Array;
}

class Walk {
  readonly #source: CheckpointSource;
  readonly #visitor: DatabaseVisitor;
  readonly #budget = new NodeBudget();
  readonly #seen = new Set<string>();

  constructor(source: CheckpointSource, visitor: DatabaseVisitor) {
    this.#source = source;
    this.#visitor = visitor;
  }

  /** Depth first, with a stack of its own: a height of 255 must not become 255 calls that hold their nodes. */
  version(version: Version, newest: boolean): void {
    if (version.root === null) return;
    const pending: Pending[] = [
      { node: version.root, height: version.rootHeight, prefix: new Uint8Array(0) },
    ];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      if (this.#isNew(next)) this.#attempt(next, pending, newest);
    }
  }

  versionNode(start: VersionNode): void {
    const pending: VersionNode[] = [start];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      const { node, height } = next;
      if (!this.#isNew({ node, height: -1 - height, prefix: new Uint8Array(0) })) continue;
      try {
        pending.push(...this.#openVersionNode(node, height));
      } catch (error) {
        this.#report(error);
      }
    }
  }

  #attempt(next: Pending, pending: Pending[], newest: boolean): void {
    const { node, height, prefix } = next;
    try {
      const opened = BtreeNode.read(this.#source, node, height, prefix, this.#budget);
      if (height === 0) opened.visitValues(({ key, value }) => this.#value(key, value, newest));
      else {
        opened.visitChildren((child) => {
          pending.push({ node: child.node, height: height - 1, prefix: child.prefix.slice() });
        });
      }
    } catch (error) {
      this.#report(error);
    }
  }

  #value(key: Uint8Array, value: Uint8Array | BlockReference, newest: boolean): void {
    if (!(value instanceof Uint8Array)) this.#visitor.reference(value);
    if (newest) this.#visitor.newestValue(key, value);
  }

  #openVersionNode(node: BlockReference, height: number): VersionNode[] {
    const { offset, length } = node;
    const file = node.file.path;
    const bytes = this.#source.files.read(file, { offset, length, maxBytes: MAX_MANIFEST_BYTES });
    if (bytes === null) throw missing(file, 'the data file is missing');
    const place = { file, offset };
    const reader = openBlock(bytes, VERSION_NODE_MAGIC, place, this.#source.codecs, MAX_MANIFEST_BYTES);
    if (!this.#budget.spend(bytes.length)) throw reader.fail('the tree is too large');
    reader.byte(); // arity
    if (reader.byte() !== height) throw reader.fail(`the node is not at height ${height}`);
    const files = readDataFileTable(reader, node.file.basePath);
    const children = height > 0 ? readVersionNodes(reader, files, height) : [];
    const versions = height > 0 ? [] : readVersions(reader, files);
    reader.end();
    for (const version of versions) this.version(version, false);
    return children;
  }

  #isNew({ node, height, prefix }: Pending): boolean {
    const identity = `${node.offset}:${node.length}:${height}:${prefix.join()}:${node.file.path}`;
    if (this.#seen.has(identity)) return false;
    this.#seen.add(identity);
    return true;
  }

  #report(error: unknown): void {
    if (!(error instanceof RestoreError)) throw error;
    this.#visitor.problem(error);
  }
}
