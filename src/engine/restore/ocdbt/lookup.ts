import type { CheckpointSource } from '../checkpoint-files.js';
import { missing, unreadable } from '../restore-error.js';
import type { BlockReference } from './block-reference.js';
import { BtreeNode } from './btree-node.js';
import type { Manifest } from './manifest.js';
import { NodeBudget } from './node-budget.js';
import { compareBytes } from './node-keys.js';

/** A subtree in which the wanted keys number `from` to `to` are looked for. */
interface Search {
  readonly node: BlockReference;
  readonly prefix: Uint8Array;
  readonly from: number;
  readonly to: number;
}

/** Where a value was found: its bytes, and the file and offset that an error about them should name. */
export interface FoundValue {
  readonly bytes: Uint8Array;
  readonly file: string;
  readonly offset: number;
}

/**
 * Looks up many keys at once in the newest version. It goes down level by level and opens only nodes in whose range a
 * wanted key lies; each node is dropped before the next one is read.
 *
 * @param keys in increasing order of their UTF-8 bytes, without repetition.
 * @param visit called for each key that exists, with its index. The bytes are valid only during the call.
 */
export function lookUp(
  source: CheckpointSource,
  manifest: Manifest,
  keys: readonly string[],
  maxValueBytes: number,
  visit: (index: number, value: FoundValue) => void,
): void {
  const version = manifest.versions.at(-1);
  if (version === undefined || version.root === null || keys.length === 0) return;
  const wanted = new WantedKeys(keys);
  const budget = new NodeBudget();
  let level: Search[] = [{ node: version.root, prefix: new Uint8Array(0), from: 0, to: keys.length }];
  for (let height = version.rootHeight; height > 0; height--) {
    level = level.flatMap((search) =>
      descend(BtreeNode.read(source, search.node, height, search.prefix, budget), search, wanted),
    );
  }
  const outside: { index: number; place: BlockReference }[] = [];
  for (const search of level) {
    const { file, offset } = { file: search.node.file.path, offset: search.node.offset };
    const leaf = BtreeNode.read(source, search.node, 0, search.prefix, budget);
    collect(leaf, search, wanted, (index, value) => {
      const length = value.length;
      if (length > maxValueBytes) throw unreadable(file, `a metadata value of ${length} bytes`, offset);
      if (value instanceof Uint8Array) visit(index, { bytes: value, file, offset });
      else outside.push({ index, place: value });
    });
  }
  for (const { index, place } of outside) {
    const { offset, length } = place;
    const bytes = source.files.read(place.file.path, { offset, length, maxBytes: maxValueBytes });
    if (bytes === null) throw missing(place.file.path, 'the data file is missing');
    visit(index, { bytes, file: place.file.path, offset });
  }
}

/** The searches below an inner node. A child holds the keys from its own first key to its successor's. */
function descend(node: BtreeNode, search: Search, wanted: WantedKeys): Search[] {
  const below: Search[] = [];
  let from = search.from;
  let child: { node: BlockReference; prefix: Uint8Array } | null = null;
  const close = (to: number) => {
    if (child !== null && to > from) below.push({ ...child, from, to });
    from = to;
  };
  node.visitChildren((entry) => {
    close(wanted.firstAtOrAfter(entry.key, from, search.to));
    child = { node: entry.node, prefix: entry.prefix.slice() };
  });
  close(search.to);
  return below;
}

function collect(
  leaf: BtreeNode,
  search: Search,
  wanted: WantedKeys,
  found: (index: number, value: Uint8Array | BlockReference) => void,
): void {
  let index = search.from;
  leaf.visitValues(({ key, value }) => {
    index = wanted.firstAtOrAfter(key, index, search.to);
    if (index < search.to && compareBytes(wanted.bytes(index), key) === 0) found(index++, value);
  });
}

/** The keys looked for, encoded one at a time as the search reaches them. */
class WantedKeys {
  readonly #keys: readonly string[];
  readonly #encoder = new TextEncoder();
  #encodedIndex = -1;
  #encoded: Uint8Array = new Uint8Array(0);

  constructor(keys: readonly string[]) {
    this.#keys = keys;
  }

  bytes(index: number): Uint8Array {
    if (index !== this.#encodedIndex) {
      this.#encoded = this.#encoder.encode(this.#keys[index] ?? '');
      this.#encodedIndex = index;
    }
    return this.#encoded;
  }

  /** The first index in `from … to` whose key is not less than `key`. */
  firstAtOrAfter(key: Uint8Array, from: number, to: number): number {
    let index = from;
    while (index < to && compareBytes(this.bytes(index), key) < 0) index++;
    return index;
  }
}
