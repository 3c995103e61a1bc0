import { isObject, type JsonObject, type JsonValue } from './json-value.js';
import { invalid } from './request-body.js';
import { type NamedSharding, type PartitionElement, readSharding, type Sharding } from './sharding.js';

/**
 * Reads a sharding of a request in Orbax's serialized form, and puts its partition specification into JAX's normal
 * form: one axis stands alone, no axis is null. What the caller leaves open (devices, axis types) stays open.
 */
export function shardingAt(value: JsonValue, at: string): Sharding | null {
  if (value === null) return null;
  if (!isObject(value)) return readShardingAt(value, at);
  const known = read.get(value) ?? readShardingAt(value, at);
  read.set(value, known);
  return known;
}

/** What was made of a value, so that leaves that share it share that as well. */
const read = new WeakMap<JsonObject, Sharding>();

function readShardingAt(value: JsonValue, at: string): Sharding {
  const sharding = readSharding(value);
  if (typeof sharding === 'string') throw invalid(`${at}: ${sharding}`);
  if (sharding.sharding_type !== 'NamedSharding') return sharding;
  checkAxes(sharding, at);
  return { ...sharding, partition_spec: sharding.partition_spec.map(normalForm) };
}

function normalForm(element: PartitionElement): PartitionElement {
  if (element === null || typeof element === 'string' || element.length > 1) return element;
  return element[0] ?? null;
}

/** JAX's rules: the mesh has a name for each axis, and the specification uses each at most once. */
function checkAxes(sharding: NamedSharding, at: string): void {
  if (sharding.shape.length !== sharding.axis_names.length)
    throw invalid(`${at}: shape and axis_names differ in length`);
  const used = new Set<string>();
  for (const axis of sharding.partition_spec.flat()) {
    if (axis === null) continue;
    if (!sharding.axis_names.includes(axis))
      throw invalid(`${at}: the mesh has no axis ${JSON.stringify(axis)}`);
    if (used.has(axis)) throw invalid(`${at}: the axis ${JSON.stringify(axis)} is used twice`);
    used.add(axis);
  }
}
