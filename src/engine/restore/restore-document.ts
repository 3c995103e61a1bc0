import type { JsonText } from './json-value.js';
import type { TreePath } from './order.js';
import type { Sharding } from './sharding.js';

export type RestoreType =
  | 'jax.Array'
  | 'np.ndarray'
  | 'int'
  | 'float'
  | 'complex'
  | 'bool'
  | 'str'
  | 'ellipsis';
export type EmptyType = 'None' | 'Dict' | 'List' | 'Tuple' | 'NamedTuple';

/** How a `jax.Array` lies in memory: `jax.experimental.layout`. */
export interface ArrayLayoutSpec {
  readonly major_to_minor: readonly number[];
  readonly tiling?: readonly (readonly number[])[];
}

/** A sharding with a layout, where the caller asked for layouts. */
export interface FormatSharding {
  readonly sharding_type: 'Format';
  readonly layout: ArrayLayoutSpec;
  readonly sharding: Sharding | null;
}

/** Orbax's `RestoreArgs`. */
export interface RestoreArgsLeaf {
  readonly path: TreePath;
  readonly type: 'RestoreArgs';
  readonly restore_type: RestoreType;
  readonly dtype: string | null;
}

/** Orbax's `ArrayRestoreArgs`. */
interface ArrayRestoreArgsLeaf {
  readonly path: TreePath;
  readonly type: 'ArrayRestoreArgs';
  readonly restore_type: 'jax.Array';
  readonly dtype: string | null;
  readonly global_shape: readonly number[] | null;
  readonly sharding: Sharding | FormatSharding | null;
  readonly strict: boolean;
}

export type RestoreLeaf = RestoreArgsLeaf | ArrayRestoreArgsLeaf;

export interface EmptyNode {
  readonly path: TreePath;
  readonly value_type: EmptyType;
}

/** The answer, in the HTTP contract's form: nodes in pytree order. */
export interface RestoreArgsDocument {
  /** Possibly made up as they are asked for, any number of times. */
  readonly leaves: Iterable<RestoreLeaf>;
  readonly empty: readonly EmptyNode[];
  /** JSON text, so that what the trainer wrote comes out digit by digit. */
  readonly custom_metadata: JsonText;
}
