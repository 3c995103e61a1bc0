import type { Sharding } from './sharding.js';
import type { ZarrArray } from './zarr-array.js';

/**
 * Compares the two records of an array's extent: `write_shape` in `_METADATA`, the shape of one shard when it was
 * saved, and the array's own zarr metadata. Shards tile the array, chunks tile a shard, and the sharding says how
 * many shards there are: Orbax may split them further among replicas, never join them.
 *
 * @returns a sentence that names the contradiction, or null.
 */
export function checkWriteShape(
  writeShape: readonly number[],
  array: ZarrArray,
  sharding: Sharding | null,
): string | null {
  if (writeShape.length !== array.shape.length) return `write_shape ${text(writeShape)} has another rank`;
  const parts = sharding === null ? null : partsOf(sharding, array.shape.length);
  for (const [i, written] of writeShape.entries()) {
    const extent = array.shape[i] ?? 0;
    const chunk = array.chunkShape[i] ?? 1;
    if (written === 0 ? extent !== 0 : !tiles(extent, written, parts?.[i])) {
      return `write_shape ${text(writeShape)} does not divide it`;
    }
    if (written !== 0 && written % chunk !== 0)
      return `write_shape ${text(writeShape)} does not hold whole chunks`;
  }
  if (sharding?.sharding_type === 'SingleDeviceSharding' && text(writeShape) !== text(array.shape)) {
    return `write_shape ${text(writeShape)} differs, though one device held all of it`;
  }
  return null;
}

function tiles(extent: number, written: number, parts: number | undefined): boolean {
  if (parts === undefined) return extent % written === 0;
  // An axis that the mesh does not divide evenly is padded: its shards are rounded up.
  return extent % (written * parts) === 0 || written === Math.ceil(extent / parts);
}

/** Number of shards along each dimension; null when the specification does not fit the array or the mesh. */
function partsOf(sharding: Sharding, rank: number): number[] | null {
  if (sharding.sharding_type !== 'NamedSharding' || sharding.partition_spec.length > rank) return null;
  const parts = new Array<number>(rank).fill(1);
  for (const [i, element] of sharding.partition_spec.entries()) {
    const axes = element === null ? [] : typeof element === 'string' ? [element] : element;
    for (const axis of axes) {
      const size = sharding.shape[sharding.axis_names.indexOf(axis)];
      if (size === undefined || size === 0) return null;
      parts[i] = (parts[i] ?? 1) * size;
    }
  }
  return parts;
}

function text(shape: readonly number[]): string {
  return `[${shape.join(', ')}]`;
}
