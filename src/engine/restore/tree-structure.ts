import { comparePaths, type TreePath } from './order.js';

interface HasPath {
  readonly path: TreePath;
}

/**
 * Puts nodes into pytree order as Orbax's `as_nested_tree` does: a node that has others below it was an empty
 * container when it was first saved and is dropped; siblings are all dict keys or all indices 0, 1, 2, …
 *
 * @returns a sentence that names the offending path when the nodes form no tree.
 */
export function arrangeTree<T extends HasPath>(nodes: readonly T[]): T[] | string {
  if (nodes.length === 0) return 'the tree has no nodes';
  const sorted = [...nodes].sort((a, b) => comparePaths(a.path, b.path));
  const kept: T[] = [];
  let previous: TreePath = [];
  for (const [i, node] of sorted.entries()) {
    const problem = checkNeighbours(i === 0 ? null : previous, node.path);
    if (problem !== null) return `${problem} at ${JSON.stringify(node.path)}`;
    const next = sorted[i + 1];
    if (next === undefined || !isPrefix(node.path, next.path)) kept.push(node);
    previous = node.path;
  }
  return kept;
}

/** Where two paths that follow each other first differ, an index must go up by one; below it, indices begin at 0. */
function checkNeighbours(previous: TreePath | null, path: TreePath): string | null {
  const shared = previous === null ? 0 : sharedLength(previous, path);
  for (let depth = shared; depth < path.length; depth++) {
    const element = path[depth];
    const before = depth === shared ? previous?.[depth] : undefined;
    if (before !== undefined && typeof before !== typeof element) return 'dict keys and indices are mixed';
    if (typeof element !== 'number') continue;
    const expected = typeof before === 'number' ? before + 1 : 0;
    if (element !== expected) return `index ${element} follows where ${expected} is expected`;
  }
  return previous !== null && shared === path.length && shared === previous.length
    ? 'the same path stands twice'
    : null;
}

function sharedLength(a: TreePath, b: TreePath): number {
  let shared = 0;
  while (shared < a.length && shared < b.length && a[shared] === b[shared]) shared++;
  return shared;
}

function isPrefix(a: TreePath, b: TreePath): boolean {
  return a.length < b.length && sharedLength(a, b) === a.length;
}
