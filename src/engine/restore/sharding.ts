import { asCounts, isArray, isObject, type JsonObject, type JsonValue } from './json-value.js';

/** The devices of a mesh, nested as the mesh is. */
type DeviceMesh = { readonly id: number } | readonly DeviceMesh[];
export type PartitionElement = null | string | readonly string[];

/** Orbax's serialized form of `jax.sharding.NamedSharding`, members in Orbax's order. */
export interface NamedSharding {
  readonly sharding_type: 'NamedSharding';
  readonly shape: readonly number[];
  readonly axis_names: readonly string[];
  readonly axis_types?: readonly string[];
  readonly partition_spec: readonly PartitionElement[];
  readonly device_mesh?: { readonly mesh: DeviceMesh };
}

/** Orbax's serialized form of `jax.sharding.SingleDeviceSharding`. */
interface SingleDeviceSharding {
  readonly sharding_type: 'SingleDeviceSharding';
  readonly device_str: string;
}

export type Sharding = NamedSharding | SingleDeviceSharding;

const AXIS_TYPES: ReadonlySet<JsonValue> = new Set(['AxisType.Auto', 'AxisType.Explicit', 'AxisType.Manual']);
const MAX_MESH_DEPTH = 32;

/**
 * Reads a serialized sharding and gives it as Orbax would write it again: members that Orbax does not keep are gone.
 *
 * @returns a sentence when Orbax would refuse it (or when it is not of the form that Orbax writes).
 */
export function readSharding(value: JsonValue): Sharding | string {
  if (!isObject(value)) return 'a sharding is an object';
  switch (value.get('sharding_type')) {
    case 'NamedSharding':
      return readNamed(value);
    case 'SingleDeviceSharding': {
      const device = value.get('device_str');
      if (typeof device !== 'string') return 'device_str is missing';
      return { sharding_type: 'SingleDeviceSharding', device_str: device };
    }
    default:
      return `unknown sharding_type ${JSON.stringify(value.get('sharding_type') ?? null)}`;
  }
}

function readNamed(value: JsonObject): NamedSharding | string {
  const shape = asCounts(value.get('shape'));
  if (shape === null) return 'shape is no list of lengths';
  const names = asStrings(value.get('axis_names'));
  if (names === null) return 'axis_names is no list of names';
  const types = axisTypesOf(value.get('axis_types'));
  if (typeof types === 'string') return types;
  const spec = partitionSpecOf(value.get('partition_spec'));
  if (spec === null) return 'partition_spec is no list of axis names';
  const mesh = deviceMeshOf(value.get('device_mesh'));
  if (typeof mesh === 'string') return mesh;
  return {
    sharding_type: 'NamedSharding',
    shape,
    axis_names: names,
    ...(types === null ? {} : { axis_types: types }),
    partition_spec: spec,
    ...(mesh === null ? {} : { device_mesh: { mesh } }),
  };
}

function asStrings(value: JsonValue | undefined): string[] | null {
  if (!isArray(value)) return null;
  const strings: string[] = [];
  for (const element of value) {
    if (typeof element !== 'string') return null;
    strings.push(element);
  }
  return strings;
}

/** Orbax leaves axis types out when they are absent or empty. */
function axisTypesOf(value: JsonValue | undefined): string[] | null | string {
  if (value === undefined || value === null) return null;
  const types = asStrings(value);
  if (types === null || !types.every((type) => AXIS_TYPES.has(type))) return 'unknown axis_types';
  return types.length === 0 ? null : types;
}

function partitionSpecOf(value: JsonValue | undefined): PartitionElement[] | null {
  if (!isArray(value)) return null;
  const spec: PartitionElement[] = [];
  for (const element of value) {
    const axes = element === null || typeof element === 'string' ? element : asStrings(element);
    if (axes === null && element !== null) return null;
    spec.push(axes);
  }
  return spec;
}

function deviceMeshOf(value: JsonValue | undefined): DeviceMesh | null | string {
  if (value === undefined || value === null || (isObject(value) && value.size === 0)) return null;
  const mesh = isObject(value) ? meshOf(value.get('mesh'), 0) : null;
  return mesh ?? 'device_mesh is no mesh of device ids';
}

function meshOf(value: JsonValue | undefined, depth: number): DeviceMesh | null {
  if (isObject(value)) {
    const id = value.get('id');
    return typeof id === 'number' && Number.isSafeInteger(id) ? { id } : null;
  }
  if (!isArray(value) || depth > MAX_MESH_DEPTH) return null;
  const devices: DeviceMesh[] = [];
  for (const element of value) {
    const device = meshOf(element, depth + 1);
    if (device === null) return null;
    devices.push(device);
  }
  return devices;
}
