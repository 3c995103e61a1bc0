import { hash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import type { StepContent } from '../../engine/file-system.js';
import { CHECKPOINT_METADATA_FILE } from '../../engine/steps/checkpoint-metadata.js';
import { COMMIT_SUCCESS_FILE } from '../../engine/steps/commit-marker.js';
import type { DirectoryHandle } from './directory-handle.js';
import { errnoOf, isMissing } from './errno.js';
import type { Os } from './os.js';
import { readMetadata } from './step-metadata.js';

const MAX_NAMES = 1000;

export interface TopLevel {
  /** Of the step's directory, read after its names. */
  readonly stats: BigIntStats;
  readonly content: Omit<StepContent, 'metrics' | 'inventory'>;
}

export function readTopLevel(os: Os, step: DirectoryHandle): TopLevel {
  const names = os.names('look', step.address).sort();
  const shown = names.slice(0, MAX_NAMES).map((name) => look(os, step, name));
  const metadata = names.includes(CHECKPOINT_METADATA_FILE) ? readMetadata(os, step) : null;
  const stats = os.fstat('inspect', step.fd);
  const content = {
    empty: names.length === 0,
    commitFile: names.includes(COMMIT_SUCCESS_FILE),
    topLevel: shown.map(({ name, directory }) => ({ name, directory })),
    fingerprint: fingerprint(stats, names, shown),
    metadata,
  };
  return { stats, content };
}

interface Looked {
  readonly name: string;
  readonly directory: boolean;
  readonly facts: string;
}

function look(os: Os, step: DirectoryHandle, name: string): Looked {
  try {
    const stats = os.lstat('look', step.at(name));
    return { name, directory: stats.isDirectory(), facts: `${stats.ino} ${stats.size} ${stats.mtimeNs}` };
  } catch (error) {
    const errno = errnoOf(error);
    if (!isMissing(errno)) throw error;
    return { name, directory: false, facts: errno };
  }
}

/** A name beyond the cap counts with the directory's own time alone. */
function fingerprint(stats: BigIntStats, names: readonly string[], shown: readonly Looked[]): string {
  const facts = shown.map((entry) => entry.facts).join();
  return hash('sha256', `${stats.ino} ${stats.mtimeNs}\0${names.join('\0')}\0${facts}`);
}
