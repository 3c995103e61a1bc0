import type { JsonObject, JsonValue } from '../json.js';
import { MetadataError } from './metadata-error.js';
import { type PythonJson, parsePythonJson } from './python-json.js';

export { MetadataError } from './metadata-error.js';

/** Orbax's step metadata file, in the step's directory. */
export const CHECKPOINT_METADATA_FILE = '_CHECKPOINT_METADATA';
/** Where CheckpointManager keeps a step's metrics: an item of this name, holding one file of this name. */
export const METRICS_ITEM = 'metrics';
export const METRICS_FILE = 'metrics';

/** What `_CHECKPOINT_METADATA` says (Orbax's InternalCheckpointMetadata), without the performance metrics. */
export interface CheckpointMetadata {
  /**
   * Keys of item_handlers, `metrics` among them; a key may have slashes. Empty where the step was saved without items, straight into its
   * directory. Null where the file does not tell (Orbax 0.6 to 0.10 wrote no item_handlers): the directories are the items then.
   */
  readonly items: readonly string[] | null;
  /** Nanoseconds since the epoch, decimal; null until Orbax commits the step. */
  readonly committedAtNs: string | null;
  readonly initAtNs: string | null;
  /** Orbax leaves it `{}` when the metrics are an item. Null when the file has no such key. */
  readonly metrics: JsonObject | null;
  readonly customMetadata: JsonObject | null;
}

const FIELDS: ReadonlySet<string> = new Set([
  'item_handlers',
  'metrics',
  'performance_metrics',
  'init_timestamp_nsecs',
  'commit_timestamp_nsecs',
  'custom_metadata',
]);

/** The last nanosecond of the year 9999: later times have no RFC 3339 form. */
const LAST_NANOSECOND = 253_402_300_799_999_999_999n;

/**
 * Reads `_CHECKPOINT_METADATA`; the bytes may be hostile. Throws MetadataError where Orbax's reader gives up or raises, too,
 * except that `performance_metrics`, which nobody here needs, is not looked at.
 */
export function parseCheckpointMetadata(bytes: Uint8Array): CheckpointMetadata {
  const document = parsePythonJson(CHECKPOINT_METADATA_FILE, bytes);
  const root = document.value;
  if (!isObject(root)) throw wrongType('The document', root, 'an object');
  const { item_handlers: handlers, metrics, custom_metadata: custom } = root;
  return {
    items: itemNames(handlers),
    committedAtNs: nanoseconds(document, root, 'commit_timestamp_nsecs'),
    initAtNs: nanoseconds(document, root, 'init_timestamp_nsecs'),
    metrics: metricsField(metrics),
    customMetadata: customMetadata(root, custom ?? null),
  };
}

/** Reads the file of the metrics item; null when the trainer saved None, which Orbax takes for no metrics. */
export function parseMetrics(bytes: Uint8Array): JsonObject | null {
  const { value } = parsePythonJson(`${METRICS_ITEM}/${METRICS_FILE}`, bytes);
  if (value === null || isObject(value)) return value;
  throw new MetadataError(`${METRICS_ITEM}/${METRICS_FILE} is ${kindOf(value)}, not an object.`);
}

function itemNames(handlers: JsonValue | undefined): string[] | null {
  if (handlers === undefined || handlers === null) return null;
  // The one handler of a step that is itself the item.
  if (typeof handlers === 'string') return [];
  if (!isObject(handlers)) throw wrongType('item_handlers', handlers, 'an object or a string');
  const names = Object.keys(handlers);
  for (const name of names) if (!isRelativePath(name)) throw badItem(name);
  return names;
}

/** Item names become paths below the step: `a/b` is genuine (Orbax nests directories), `../a` reaches out of it. */
function isRelativePath(name: string): boolean {
  return (
    !name.includes('\0') && name.split('/').every((part) => part !== '' && part !== '.' && part !== '..')
  );
}

function nanoseconds(document: PythonJson, root: JsonObject, field: string): string | null {
  const value = root[field];
  if (value === undefined || value === null) return null;
  // Read from the digits: today's nanoseconds do not fit into a double.
  const digits = document.integers.get(field);
  if (digits === undefined) throw wrongType(field, value, 'an integer');
  const time = BigInt(digits);
  if (time < 0n || time > LAST_NANOSECOND)
    throw new MetadataError(`${CHECKPOINT_METADATA_FILE}: ${field} is outside the years 1970 to 9999.`);
  return String(time);
}

function metricsField(value: JsonValue | undefined): JsonObject | null {
  if (value === undefined || value === null) return null;
  // Orbax writes `metrics or {}`: anything that Python holds for false passes as no metrics.
  if (value === false || value === 0 || value === '' || (Array.isArray(value) && value.length === 0))
    return {};
  if (!isObject(value)) throw wrongType('metrics', value, 'an object');
  return value;
}

/** Unknown keys move into an empty custom_metadata, as in Orbax. Beside a filled one Orbax raises; they are ignored here. */
function customMetadata(root: JsonObject, custom: JsonValue): JsonObject | null {
  if (custom !== null && !isObject(custom)) throw wrongType('custom_metadata', custom, 'an object');
  const unknown = Object.entries(root).filter(([key]) => !FIELDS.has(key));
  if (unknown.length === 0 || (custom !== null && Object.keys(custom).length > 0)) return custom;
  return Object.fromEntries(unknown);
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function kindOf(value: JsonValue): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

function wrongType(what: string, value: JsonValue, wanted: string): MetadataError {
  return new MetadataError(`${CHECKPOINT_METADATA_FILE}: ${what} is ${kindOf(value)}, not ${wanted}.`);
}

function badItem(name: string): MetadataError {
  const shown = JSON.stringify(name.slice(0, 80));
  return new MetadataError(`${CHECKPOINT_METADATA_FILE}: ${shown} is not the name of an item.`);
}
