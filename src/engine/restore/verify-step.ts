import { CHECKPOINT_METADATA_FILE } from '../steps/checkpoint-metadata.js';
import { COMMIT_SUCCESS_FILE, isTemporaryName } from '../steps/commit-marker.js';
import type { CheckpointFiles, CheckpointSource } from './checkpoint-files.js';
import { CountingFiles } from './counting-files.js';
import { NO_HANDLERS, readStepHandlers } from './step-handlers.js';
import { listItems } from './step-items.js';
import { type Problem, Problems } from './verification.js';
import { verifyItem } from './verify-item.js';

const MARKS: ReadonlySet<string> = new Set([CHECKPOINT_METADATA_FILE, COMMIT_SUCCESS_FILE]);

interface VerifiedItem {
  /** Null for the step itself: when it is the item, or when the problem is none of an item's. */
  readonly item: string | null;
  readonly ok: boolean;
  readonly problems: readonly Problem[];
}

export interface StepVerification {
  readonly ok: boolean;
  /** Each item once. */
  readonly items: readonly VerifiedItem[];
  readonly checkedFiles: number;
  /** Bytes that were read, each counted once; of data files, whose content has no checksum, only the size is looked at. */
  readonly checkedBytes: number;
}

/** Verifies every item of a step, and that each one that the step names is there and committed. */
export function verifyStep(source: CheckpointSource): StepVerification {
  const files = new CountingFiles(source.files);
  const names = listItems(files);
  const own = new Problems();
  if (isEmpty(files)) own.add('', 'missing', 'the step holds nothing');
  const handlers = own.attempt(() => readStepHandlers(files)) ?? NO_HANDLERS;
  const items = names.map((name) => {
    const handler = handlers.items.get(name) ?? null;
    return verified(name, verifyItem({ ...source, files: files.within(name) }, { name, handler }));
  });
  if (names.length === 0) {
    const problems = verifyItem({ ...source, files }, { name: null, handler: handlers.own });
    for (const { file, code, detail } of problems) own.add(file, code, detail);
  } else {
    // An item's name may have slashes: it is verified as part of the directory that its first component names.
    const isThere = (name: string) =>
      names.includes(name) || (name.includes('/') && own.attempt(() => files.list(name)) !== null);
    for (const name of handlers.items.keys()) if (!isThere(name)) items.push(absent(name));
  }
  items.push(...uncommitted(files));
  if (names.length === 0 || own.list.length > 0) items.push(verified(null, own.list));
  return {
    ok: items.every((item) => item.ok),
    items,
    checkedFiles: files.checkedFiles,
    checkedBytes: files.checkedBytes,
  };
}

/** Marks of a whole step do not make one. */
function isEmpty(files: CheckpointFiles): boolean {
  return (files.list('') ?? []).every(({ name }) => MARKS.has(name));
}

function verified(item: string | null, problems: readonly Problem[]): VerifiedItem {
  return { item, ok: problems.length === 0, problems };
}

function absent(item: string): VerifiedItem {
  return verified(item, [{ file: item, code: 'missing', detail: 'the item is missing' }]);
}

function uncommitted(files: CheckpointFiles): VerifiedItem[] {
  return (files.list('') ?? [])
    .filter((entry) => entry.kind === 'directory' && isTemporaryName(entry.name))
    .map(({ name }) =>
      verified(name, [{ file: name, code: 'uncommitted', detail: 'not renamed into place' }]),
    );
}
