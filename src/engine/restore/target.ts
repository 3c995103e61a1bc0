import { isArray, type JsonObject, type JsonText, type JsonValue } from './json-value.js';
import type { TreePath } from './order.js';
import { arrayAt, booleanAt, invalid, objectAt, pathAt } from './request-body.js';
import type { EmptyNode, EmptyType } from './restore-document.js';
import type { Sharding } from './sharding.js';
import type { TargetBody } from './target-body.js';
import type { TargetLeaf } from './target-leaf.js';
import { shardingAt } from './target-sharding.js';
import { arrangeTree } from './tree-structure.js';

type TargetNode = TargetLeaf | EmptyNode;

/** The body of `POST /restore-args`: the arguments of `construct_restore_args`. */
export interface TargetRequest {
  /** Leaves and empty containers, in pytree order. */
  readonly nodes: readonly TargetNode[];
  readonly customMetadata: JsonText;
  /** Null when none is given: each leaf then brings its own sharding. */
  readonly shardingTree: ReadonlyMap<string, Sharding | null> | null;
  readonly setGlobalShape: boolean;
  readonly supportLayout: boolean;
  readonly strict: boolean;
}

const EMPTY_TYPES: ReadonlySet<JsonValue | undefined> = new Set([
  'None',
  'Dict',
  'List',
  'Tuple',
  'NamedTuple',
]);

export function readTarget({ value, leaves, customMetadata }: TargetBody): TargetRequest {
  const members = ['target', 'sharding_tree', 'set_global_shape', 'support_layout', 'strict'];
  const body = objectAt(value, 'body', members);
  const target = objectAt(body.get('target'), 'target', ['leaves', 'empty', 'custom_metadata']);
  arrayAt(target.get('leaves'), 'target.leaves');
  const nodes = readNodes(leaves, target);
  return {
    nodes,
    customMetadata,
    shardingTree: readShardingTree(body.get('sharding_tree') ?? null, nodes),
    setGlobalShape: booleanAt(body.get('set_global_shape'), 'set_global_shape', true),
    supportLayout: booleanAt(body.get('support_layout'), 'support_layout', false),
    strict: booleanAt(body.get('strict'), 'strict', true),
  };
}

/** The identity of a path within one tree. */
export function pathKey(path: TreePath): string {
  return JSON.stringify(path);
}

function readNodes(leaves: readonly TargetLeaf[], target: JsonObject): TargetNode[] {
  const empty = arrayAt(target.get('empty') ?? [], 'target.empty').map((node, i) =>
    readEmpty(node, `target.empty[${i}]`),
  );
  const nodes = [...leaves, ...empty];
  const arranged = arrangeTree<TargetNode>(nodes);
  if (typeof arranged === 'string') throw invalid(`target: ${arranged}`);
  if (arranged.length < nodes.length) throw invalid('target: a node has others below it');
  return arranged;
}

function readEmpty(value: JsonValue, at: string): EmptyNode {
  const node = objectAt(value, at, ['path', 'value_type']);
  const type = node.get('value_type');
  if (!isEmptyType(type)) throw invalid(`${at}.value_type is none of None, Dict, List, Tuple, NamedTuple`);
  return { path: pathAt(node.get('path'), `${at}.path`), value_type: type };
}

function isEmptyType(value: JsonValue | undefined): value is EmptyType {
  return EMPTY_TYPES.has(value);
}

/** A tree of shardings must match the target: JAX maps over both at once. An empty one counts as none. */
function readShardingTree(
  value: JsonValue,
  nodes: readonly TargetNode[],
): ReadonlyMap<string, Sharding | null> | null {
  if (value === null || (isArray(value) && value.length === 0)) return null;
  const given = new Map<string, Sharding | null>();
  for (const [i, element] of arrayAt(value, 'sharding_tree').entries()) {
    const at = `sharding_tree[${i}]`;
    const entry = objectAt(element, at, ['path', 'sharding']);
    const key = pathKey(pathAt(entry.get('path'), `${at}.path`));
    if (given.has(key)) throw invalid(`${at}: the path ${key} stands twice`);
    given.set(key, shardingAt(entry.get('sharding') ?? null, `${at}.sharding`));
  }
  const leaves = new Set(nodes.filter((node) => 'kind' in node).map((node) => pathKey(node.path)));
  for (const key of leaves)
    if (!given.has(key)) throw invalid(`sharding_tree has no entry for the leaf ${key}`);
  for (const key of given.keys())
    if (!leaves.has(key)) throw invalid(`sharding_tree: target has no leaf ${key}`);
  return given;
}
