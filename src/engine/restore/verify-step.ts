import { isTemporaryName } from '../steps/commit-marker.js';
import type { CheckpointSource } from './checkpoint-files.js';
import { PYTHON_JSON } from './json-dialect.js';
import { readValue, skipValue } from './json-generic.js';
import { JsonReader } from './json-reader.js';
import { isObject, type JsonValue } from './json-value.js';
import { MAX_JSON_BYTES } from './limits.js';
import { unreadable } from './restore-error.js';
import { listItems } from './step-items.js';
import { fileChunks, type TextChunks } from './text-chunks.js';
import { type ItemVerification, type Problem, Problems } from './verification.js';
import { verifyItem } from './verify-item.js';

const STEP_METADATA_FILE = '_CHECKPOINT_METADATA';
const STEP_FILES: ReadonlySet<string> = new Set([STEP_METADATA_FILE, 'commit_success.txt']);

interface VerifiedItem {
  /** Null for the step itself: when it is the item, or when the problem is none of an item's. */
  readonly item: string | null;
  readonly ok: boolean;
  readonly problems: readonly Problem[];
}

export interface StepVerification {
  readonly ok: boolean;
  readonly items: readonly VerifiedItem[];
  readonly checkedFiles: number;
  readonly checkedBytes: number;
}

/** Verifies every item of a step, and that each one that the step names is there and committed. */
export function verifyStep(source: CheckpointSource): StepVerification {
  const names = listItems(source.files);
  const own = new Problems();
  if (isEmpty(source)) own.add('', 'missing', 'the step holds nothing');
  const expected = own.attempt(() => expectedItems(source)) ?? { names: [], bytes: 0 };
  const results: [string | null, ItemVerification][] = names.map((name) => [name, verifyNamed(source, name)]);
  if (names.length === 0) results.push([null, verifyItem(source)]);
  // An item's name may have slashes: it is verified as part of the directory that its first component names.
  const isThere = (name: string) =>
    names.includes(name) || (name.includes('/') && own.attempt(() => source.files.list(name)) !== null);
  const absent = names.length === 0 ? [] : expected.names.filter((name) => !isThere(name));
  const items: VerifiedItem[] = [
    ...results.map(([item, { ok, problems }]) => ({ item, ok, problems })),
    ...absent.map((item) => broken(item, { file: item, code: 'missing', detail: 'the item is missing' })),
    ...uncommitted(source),
    ...(own.list.length === 0 ? [] : [{ item: null, ok: false, problems: own.list }]),
  ];
  const sum = (of: (result: ItemVerification) => number) =>
    results.reduce((total, [, r]) => total + of(r), 0);
  return {
    ok: items.every((item) => item.ok),
    items,
    checkedFiles: sum((result) => result.checkedFiles) + (expected.bytes > 0 ? 1 : 0),
    checkedBytes: sum((result) => result.checkedBytes) + expected.bytes,
  };
}

/** Marks of a whole step do not make one. */
function isEmpty(source: CheckpointSource): boolean {
  return (source.files.list('') ?? []).every(({ name }) => STEP_FILES.has(name));
}

function verifyNamed(source: CheckpointSource, name: string): ItemVerification {
  return verifyItem({ ...source, files: source.files.within(name) });
}

function broken(item: string | null, problem: Problem): VerifiedItem {
  return { item, ok: false, problems: [problem] };
}

function uncommitted(source: CheckpointSource): VerifiedItem[] {
  return (source.files.list('') ?? [])
    .filter((entry) => entry.kind === 'directory' && isTemporaryName(entry.name))
    .map(({ name }) => broken(name, { file: name, code: 'uncommitted', detail: 'not renamed into place' }));
}

/** `item_handlers` names the items of a step; of a step that is itself the item it is a string or null. */
function expectedItems(source: CheckpointSource): { names: string[]; bytes: number } {
  const text = fileChunks(source.files, STEP_METADATA_FILE, MAX_JSON_BYTES);
  if (text === null) return { names: [], bytes: 0 };
  const size = source.files.size(STEP_METADATA_FILE) ?? 0;
  const handlers = readHandlers(text);
  if (isObject(handlers)) return { names: [...handlers.keys()], bytes: size };
  if (handlers === null || typeof handlers === 'string') return { names: [], bytes: size };
  throw unreadable(STEP_METADATA_FILE, 'item_handlers is neither a name nor an object');
}

function readHandlers(text: TextChunks): JsonValue {
  const reader = new JsonReader(text, STEP_METADATA_FILE, PYTHON_JSON);
  const found: JsonValue[] = [];
  reader.object((key) => {
    if (key === 'item_handlers') found.push(readValue(reader));
    else skipValue(reader);
  });
  reader.end();
  return found.at(-1) ?? null;
}
