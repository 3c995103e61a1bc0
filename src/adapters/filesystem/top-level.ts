import type { BigIntStats } from 'node:fs';
import type { StepContent } from '../../engine/inspection.js';
import { CHECKPOINT_METADATA_FILE } from '../../engine/steps/checkpoint-metadata.js';
import { COMMIT_SUCCESS_FILE } from '../../engine/steps/commit-marker.js';
import { DELETION_RECORD_FILE, isTransient } from '../../engine/steps/payload.js';
import type { DirectoryHandle } from './directory-handle.js';
import { errnoOf, isMissing } from './errno.js';
import type { Os } from './os.js';
import { readDeletion, readMetadata } from './step-metadata.js';

const MAX_NAMES = 1000;

/** What only a look into the whole tree adds. */
type Below = 'metrics' | 'inventory';

export interface TopLevel {
  /** Of the step's directory, read after its names. */
  readonly stats: BigIntStats;
  readonly content: Omit<StepContent, Below>;
}

export function readTopLevel(os: Os, step: DirectoryHandle, commitMarker: string): TopLevel {
  const names = os.names('look', step.address).sort();
  const shown = names.slice(0, MAX_NAMES).map((name) => look(os, step, name));
  const metadata = names.includes(CHECKPOINT_METADATA_FILE) ? readMetadata(os, step) : null;
  const deletion = names.includes(DELETION_RECORD_FILE) ? readDeletion(os, step) : null;
  const stats = os.fstat('inspect', step.fd);
  const marks = new Set([CHECKPOINT_METADATA_FILE, COMMIT_SUCCESS_FILE, DELETION_RECORD_FILE, commitMarker]);
  let entriesChangedNs = 0n;
  for (const entry of shown) if (entry.changedNs > entriesChangedNs) entriesChangedNs = entry.changedNs;
  let changedNs = stats.ctimeNs;
  if (entriesChangedNs > changedNs) changedNs = entriesChangedNs;
  const content = {
    empty: names.length === 0,
    commitFile: names.includes(commitMarker),
    hasPayload: names.some((name) => !marks.has(name) && !isTransient(name)),
    deletion,
    topLevel: shown.map(({ name, directory }) => ({ name, directory })),
    changedNs: String(changedNs),
    entriesChangedNs: String(entriesChangedNs),
    metadata,
  };
  return { stats, content };
}

interface Looked {
  readonly name: string;
  readonly directory: boolean;
  readonly changedNs: bigint;
}

function look(os: Os, step: DirectoryHandle, name: string): Looked {
  try {
    const stats = os.lstat('look', step.at(name));
    return { name, directory: stats.isDirectory(), changedNs: stats.ctimeNs };
  } catch (error) {
    const errno = errnoOf(error);
    if (!isMissing(errno)) throw error;
    return { name, directory: false, changedNs: 0n };
  }
}
