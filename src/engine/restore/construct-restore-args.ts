import { DATA_TYPES, pythonType } from './data-type.js';
import { KEY_DATA_TYPE, keyWords } from './key-type.js';
import type {
  EmptyNode,
  FormatSharding,
  RestoreArgsDocument,
  RestoreArgsLeaf,
  RestoreLeaf,
  RestoreType,
} from './restore-document.js';
import type { Sharding } from './sharding.js';
import { pathKey, readTarget, type TargetRequest } from './target.js';
import type { TargetBody } from './target-body.js';
import type { TargetArray, TargetLeaf, TargetPlain } from './target-leaf.js';

const PLAIN_TYPES: Readonly<Record<TargetPlain['kind'], RestoreType>> = {
  int: 'int',
  float: 'float',
  bool: 'bool',
  str: 'str',
  StringMetadata: 'str',
  placeholder: 'ellipsis',
};

/**
 * Orbax's `construct_restore_args(target, sharding_tree, set_global_shape, support_layout, strict)`.
 *
 * @throws RestoreError `invalid_request` for whatever is wrong with the body, `unsupported_type` for a leaf of a kind that Orbax has
 *   no rule for.
 */
export function constructRestoreArgs(body: TargetBody): RestoreArgsDocument {
  const request = readTarget(body);
  const leaves: RestoreLeaf[] = [];
  const empty: EmptyNode[] = [];
  for (const node of request.nodes) {
    if ('kind' in node) leaves.push(restoreArgs(node, request));
    else empty.push(node);
  }
  return { leaves, empty, custom_metadata: request.customMetadata };
}

function restoreArgs(leaf: TargetLeaf, request: TargetRequest): RestoreLeaf {
  const { kind, path } = leaf;
  switch (kind) {
    case 'ShapeDtypeStruct':
    case 'ArrayMetadata':
      return abstractArgs(leaf, request);
    case 'jax.Array':
      return concreteArgs(leaf, request);
    case 'np.ndarray':
      return plainArgs(leaf, 'np.ndarray', leaf.dtype);
    case 'ScalarMetadata': {
      const dataType = DATA_TYPES.get(leaf.dtype);
      return plainArgs(leaf, dataType === undefined ? 'int' : pythonType(dataType.kind), leaf.dtype);
    }
    default:
      return { path, type: 'RestoreArgs', restore_type: PLAIN_TYPES[kind], dtype: null };
  }
}

function plainArgs(leaf: TargetLeaf, type: RestoreType, dtype: string): RestoreArgsLeaf {
  return { path: leaf.path, type: 'RestoreArgs', restore_type: type, dtype };
}

/** A struct or metadata without a sharding is restored as NumPy's array. */
function abstractArgs(leaf: TargetArray, request: TargetRequest): RestoreLeaf {
  const sharding = shardingOf(leaf, leaf.sharding, request);
  if (sharding === null) return plainArgs(leaf, 'np.ndarray', leaf.dtype);
  // Of an abstract random key only the sharding may be overridden.
  const shape = keyWords(leaf.dtype) === null ? leaf.shape : null;
  return arrayArgs(leaf, leaf.dtype, shape, sharding, request);
}

/** A concrete random key is replaced by the words it consists of, in a new last dimension. */
function concreteArgs(leaf: TargetArray, request: TargetRequest): RestoreLeaf {
  const words = keyWords(leaf.dtype);
  const shape = words === null ? leaf.shape : [...leaf.shape, words];
  const own = words === null ? leaf.sharding : withWholeWords(leaf.sharding);
  const data: TargetArray = { ...leaf, shape };
  const dtype = words === null ? leaf.dtype : KEY_DATA_TYPE;
  return arrayArgs(leaf, dtype, shape, shardingOf(data, own, request), request);
}

/** JAX appends one unsharded dimension to the specification. */
function withWholeWords(sharding: Sharding | null): Sharding | null {
  if (sharding?.sharding_type !== 'NamedSharding') return sharding;
  return { ...sharding, partition_spec: [...sharding.partition_spec, null] };
}

/** A sharding tree overrides the leaves' own shardings, and with them their layouts. */
function shardingOf(
  leaf: TargetArray,
  own: Sharding | null,
  request: TargetRequest,
): Sharding | FormatSharding | null {
  if (request.shardingTree !== null) return request.shardingTree.get(pathKey(leaf.path)) ?? null;
  // Metadata has its layout as part of its sharding, so that the option does not matter to it.
  if (own === null || !(request.supportLayout || leaf.kind === 'ArrayMetadata')) return own;
  const layout = leaf.layout ?? (leaf.kind === 'jax.Array' ? rowMajor(leaf.shape.length) : null);
  return layout === null ? own : { sharding_type: 'Format', layout, sharding: own };
}

/** Every concrete array lies somehow in memory; JAX's default is row by row. */
function rowMajor(rank: number): { major_to_minor: number[] } {
  return { major_to_minor: Array.from({ length: rank }, (_, i) => i) };
}

function arrayArgs(
  leaf: TargetArray,
  dtype: string,
  shape: readonly number[] | null,
  sharding: Sharding | FormatSharding | null,
  request: TargetRequest,
): RestoreLeaf {
  return {
    path: leaf.path,
    type: 'ArrayRestoreArgs',
    restore_type: 'jax.Array',
    dtype,
    global_shape: request.setGlobalShape ? shape : null,
    sharding,
    strict: request.strict,
  };
}
