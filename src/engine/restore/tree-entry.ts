import type { PathElement, TreePath } from './order.js';

/** What `_METADATA` says of one node: a leaf, or an empty container. */
export interface TreeEntry {
  readonly path: TreePath;
  /** Orbax's name of the type handler, or of the kind of empty node. */
  readonly valueType: string;
  readonly skipDeserialize: boolean;
  /** Shape of the shards as they were written; absent in older checkpoints and for what is no `jax.Array`. */
  readonly writeShape: readonly number[] | null;
}

/** The parameter's name in the checkpoint: Orbax joins the path with dots, whatever the keys themselves contain. */
export function parameterName(path: TreePath): string {
  return path.map((element: PathElement) => String(element)).join('.');
}
