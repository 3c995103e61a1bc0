import { hash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import type { StepContent } from '../../engine/file-system.js';
import { CHECKPOINT_METADATA_FILE } from '../../engine/steps/checkpoint-metadata.js';
import { COMMIT_SUCCESS_FILE } from '../../engine/steps/commit-marker.js';
import type { DirectoryHandle } from './directory-handle.js';
import { errnoOf, isMissing } from './errno.js';
import type { Entry, Os } from './os.js';
import { readMetadata } from './step-metadata.js';

const MAX_NAMES = 1000;

type TopLevel = Pick<StepContent, 'empty' | 'commitFile' | 'topLevel' | 'fingerprint' | 'metadata'>;

/** @param print false leaves the fingerprint empty: an inventory gives a better one. */
export function readTopLevel(os: Os, step: DirectoryHandle, stats: BigIntStats, print: boolean): TopLevel {
  const entries = os.readdir('look', step.address).sort((a, b) => (a.name < b.name ? -1 : 1));
  const shown = entries.slice(0, MAX_NAMES);
  const has = (name: string) => entries.some((entry) => entry.name === name);
  const resolved = shown.map((entry) => look(os, step, entry, print));
  return {
    empty: entries.length === 0,
    commitFile: has(COMMIT_SUCCESS_FILE),
    topLevel: shown.map(({ name }, index) => ({ name, directory: resolved[index]?.directory ?? false })),
    fingerprint: print ? fingerprint(stats, entries, resolved) : '',
    metadata: has(CHECKPOINT_METADATA_FILE) ? readMetadata(os, step) : null,
  };
}

interface Looked {
  readonly directory: boolean;
  readonly facts: string;
}

function look(os: Os, step: DirectoryHandle, { name, kind }: Entry, print: boolean): Looked {
  if (!print && kind !== 'unknown') return { directory: kind === 'directory', facts: '' };
  try {
    const stats = os.lstat('look', step.at(name));
    return { directory: stats.isDirectory(), facts: `${stats.ino} ${stats.size} ${stats.mtimeNs}` };
  } catch (error) {
    const errno = errnoOf(error);
    if (!isMissing(errno)) throw error;
    return { directory: false, facts: errno };
  }
}

function fingerprint(stats: BigIntStats, entries: readonly Entry[], resolved: readonly Looked[]): string {
  const names = entries.map((entry) => entry.name).join('\0');
  const facts = resolved.map((entry) => entry.facts).join();
  return hash('sha256', `${stats.ino} ${stats.mtimeNs}\0${names}\0${facts}`);
}
