import { DATA_TYPES } from './data-type.js';
import { asCounts, isArray, type JsonObject, type JsonValue } from './json-value.js';
import { isKeyType } from './key-type.js';
import { MAX_RANK } from './limits.js';
import type { TreePath } from './order.js';
import { arrayAt, invalid, objectAt, pathAt } from './request-body.js';
import type { ArrayLayoutSpec } from './restore-document.js';
import { RestoreError } from './restore-error.js';
import type { Sharding } from './sharding.js';
import { shardingAt } from './target-sharding.js';

const ABSTRACT_ARRAYS: ReadonlySet<string> = new Set(['ShapeDtypeStruct', 'ArrayMetadata']);
const ARRAYS: ReadonlySet<string> = new Set([...ABSTRACT_ARRAYS, 'jax.Array', 'np.ndarray']);
const PLAIN: ReadonlySet<string> = new Set(['int', 'float', 'bool', 'str', 'placeholder', 'StringMetadata']);
const FIELDS = ['path', 'kind', 'shape', 'dtype', 'sharding', 'layout'];

/** An array of a target tree, or what stands for one. */
export interface TargetArray {
  readonly kind: 'ShapeDtypeStruct' | 'ArrayMetadata' | 'jax.Array' | 'np.ndarray';
  readonly path: TreePath;
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly sharding: Sharding | null;
  readonly layout: ArrayLayoutSpec | null;
}

interface TargetScalar {
  readonly kind: 'ScalarMetadata';
  readonly path: TreePath;
  readonly dtype: string;
}

export interface TargetPlain {
  readonly kind: 'int' | 'float' | 'bool' | 'str' | 'placeholder' | 'StringMetadata';
  readonly path: TreePath;
}

export type TargetLeaf = TargetArray | TargetScalar | TargetPlain;

/** Reads one leaf of a target; a kind that Orbax has no rule for is `unsupported_type`. */
export function readTargetLeaf(value: JsonValue, at: string): TargetLeaf {
  const leaf = objectAt(value, at, FIELDS);
  const path = pathAt(leaf.get('path'), `${at}.path`);
  const kind = leaf.get('kind');
  if (typeof kind !== 'string') throw invalid(`${at}.kind must be a string`);
  if (isPlain(kind)) return { kind, path };
  if (kind === 'ScalarMetadata') return { kind, path, dtype: plainTypeAt(leaf, at) };
  if (isArrayKind(kind)) return readArray(leaf, kind, path, at);
  throw new RestoreError(
    'unsupported_type',
    `${at}.kind is ${JSON.stringify(kind)}: it must be one of ${[...ARRAYS, 'ScalarMetadata', ...PLAIN].join(', ')}`,
  );
}

function isPlain(kind: string): kind is TargetPlain['kind'] {
  return PLAIN.has(kind);
}

function isArrayKind(kind: string): kind is TargetArray['kind'] {
  return ARRAYS.has(kind);
}

function readArray(leaf: JsonObject, kind: TargetArray['kind'], path: TreePath, at: string): TargetArray {
  const shape = asCounts(leaf.get('shape'));
  if (shape === null || shape.length > MAX_RANK) throw invalid(`${at}.shape must be a list of lengths`);
  const name = leaf.get('dtype');
  const isKey = typeof name === 'string' && isKeyType(name) && kind !== 'np.ndarray';
  const dtype = isKey ? name : plainTypeAt(leaf, at);
  const sharding = shardingAt(leaf.get('sharding') ?? null, `${at}.sharding`);
  // JAX lets no array and no struct exist whose sharding names more dimensions; metadata is only a description.
  if (kind !== 'ArrayMetadata' && sharding?.sharding_type === 'NamedSharding') {
    if (sharding.partition_spec.length > shape.length) {
      throw invalid(`${at}.sharding has a partition_spec longer than the shape`);
    }
  }
  return {
    kind,
    path,
    shape,
    dtype,
    sharding,
    layout: layoutAt(leaf.get('layout') ?? null, shape.length, at),
  };
}

function plainTypeAt(leaf: JsonObject, at: string): string {
  const dtype = leaf.get('dtype');
  if (typeof dtype !== 'string') throw invalid(`${at}.dtype must be the name of a dtype`);
  if (!DATA_TYPES.has(dtype))
    throw invalid(`${at}.dtype: ${JSON.stringify(dtype)} is no dtype that belongs here`);
  return dtype;
}

function layoutAt(value: JsonValue, rank: number, at: string): ArrayLayoutSpec | null {
  if (value === null) return null;
  const layout = objectAt(value, `${at}.layout`, ['major_to_minor', 'tiling']);
  const order = asCounts(layout.get('major_to_minor'));
  if (
    order === null ||
    order.length > rank ||
    new Set(order).size !== order.length ||
    order.some((d) => d >= rank)
  ) {
    throw invalid(`${at}.layout.major_to_minor must order the dimensions`);
  }
  const tiling = layout.get('tiling') ?? null;
  if (tiling === null || (isArray(tiling) && tiling.length === 0)) return { major_to_minor: order };
  const tiles = arrayAt(tiling, `${at}.layout.tiling`).map((tile) => {
    const extents = asCounts(tile);
    if (extents === null) throw invalid(`${at}.layout.tiling must be a list of tiles`);
    return extents;
  });
  return { major_to_minor: order, tiling: tiles };
}
