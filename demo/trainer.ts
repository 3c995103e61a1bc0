import { cp, mkdir, readdir, rename, rm, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { TEMPORARY_MARKER } from '../src/engine/steps/commit-marker.js';

export interface Training {
  /** Checkpoint root, made if missing. */
  readonly root: string;
  /** A directory of genuine step directories; step after step replays the next of them, over and over. */
  readonly fixture: string;
  /** Step numbers to save, in this order. */
  readonly steps: readonly number[];
  /** From one save to the next. */
  readonly intervalMs: number;
  readonly maxToKeep: number;
  readonly onSaved?: (saved: SavedStep) => void;
  readonly onDeleted?: (deleted: { readonly step: number; readonly path: string }) => void;
  /** Ends the training before its next step. */
  readonly signal?: AbortSignal;
}

export interface SavedStep {
  readonly step: number;
  readonly path: string;
  /** performance.now() just before the rename that finalizes the step: a latency counted from here is never flattered. */
  readonly at: number;
}

/**
 * Stands in for a trainer with Orbax's CheckpointManager: writes each step under a temporary name, renames it, and only then
 * deletes the oldest ones beyond maxToKeep, in the order of their saving.
 */
export async function replayTraining(training: Training): Promise<void> {
  const { root, steps, intervalMs, maxToKeep, signal } = training;
  const sources = await stepDirectories(training.fixture);
  const kept: number[] = [];
  await mkdir(root, { recursive: true });
  for (const [index, step] of steps.entries()) {
    if (index > 0) await pause(intervalMs, signal);
    if (signal?.aborted) return;
    const source = sources[index % sources.length];
    if (source === undefined) throw new Error(`${training.fixture} has no steps to replay`);
    const saved = await save(source, root, step, index);
    training.onSaved?.(saved);
    kept.push(step);
    for (const old of kept.splice(0, kept.length - maxToKeep)) {
      const path = join(root, String(old));
      await deleteStep(path);
      training.onDeleted?.({ step: old, path });
    }
  }
}

async function save(source: string, root: string, step: number, index: number): Promise<SavedStep> {
  const path = join(root, String(step));
  const temporary = `${path}${TEMPORARY_MARKER}-${index}`;
  await cp(source, temporary, { recursive: true, errorOnExist: true, force: false });
  const at = performance.now();
  await rename(temporary, path);
  return { step, path, at };
}

/** Orbax's deleter unlinks the files while the step keeps its final name, those on the top level first. */
async function deleteStep(path: string): Promise<void> {
  await unlinkFiles(path);
  await rm(path, { recursive: true });
}

async function unlinkFiles(directory: string): Promise<void> {
  const entries = await readdir(directory, { withFileTypes: true });
  for (const entry of entries) if (!entry.isDirectory()) await unlink(join(directory, entry.name));
  for (const entry of entries) if (entry.isDirectory()) await unlinkFiles(join(directory, entry.name));
}

async function stepDirectories(fixture: string): Promise<string[]> {
  const entries = await readdir(fixture, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  names.sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  return names.map((name) => join(fixture, name));
}

async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(milliseconds, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    if (!signal?.aborted) throw error;
  }
}
