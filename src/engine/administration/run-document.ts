import type { RunDocument, RunOptionsDocument, RunState, RunWarning } from '../documents.js';
import type { LiveHoldings } from '../holdings/live-holdings.js';
import type { RunOptions } from '../runs/run-options.js';
import { runState } from '../runs/run-state.js';
import type { WatchedRun } from '../runs/watched-run.js';
import { removalHint } from '../snapshots/snapshot-failure.js';
import type { StuckSnapshot } from '../snapshots/snapshot-remover.js';
import { parseStepName, type StepNameFormat } from '../steps/name-format.js';
import { describeNumberedFiles, describeSuggestion, suggestNameFormats } from '../steps/name-suggestion.js';
import { retainedBytes } from '../steps/step-document.js';
import { isoTime, seconds } from '../units.js';

export interface RunNotes {
  /** Why snapshots cannot be made as configured; null: they can, or nobody knows yet. */
  readonly snapshotObstacle: RunWarning | null;
  readonly stuck: readonly StuckSnapshot[];
}

export function describeRun(run: WatchedRun, holdings: LiveHoldings, notes: RunNotes): RunDocument {
  const { record, index, watch } = run;
  const snapshots = holdings.snapshotsOf(run.name);
  const retained = snapshots.map((snapshot) => {
    const original = index.byGeneration(snapshot.generation);
    return retainedBytes(snapshot, original?.entry.state === 'finalized');
  });
  const state: RunState = runState(run.availability, run.finished) ?? 'waiting_for_directory';
  return {
    name: run.name,
    directory: record.directory,
    state,
    reason: state === 'finished' ? record.finishReason : run.reason,
    warnings: warningsOf(run, notes),
    latest_step: index.highest()?.entry.step ?? null,
    step_count: index.finalized().length,
    cursor: run.cursor,
    watch: {
      mode: watch.degraded === null ? watch.mode : 'poll',
      degraded: watch.degraded !== null,
      last_scan_at: watch.lastScanAt === null ? null : isoTime(watch.lastScanAt),
      scans: watch.scans,
    },
    leases: { active: holdings.activeOf(run.name).length },
    snapshots: { count: snapshots.length, retained_bytes: retained.reduce((sum, bytes) => sum + bytes, 0) },
    options: describeOptions(record.options),
  };
}

export function describeOptions(options: RunOptions): RunOptionsDocument {
  return {
    step_name_formats: options.stepNameFormats.map(describeNameFormat),
    commit_mode: options.commitMode,
    commit_marker: options.commitMarker,
    settle: seconds(options.settleMs),
    watch: options.watch,
    poll_interval: seconds(options.pollIntervalMs),
    snapshot_mode: options.snapshotMode,
    snapshot_layout: options.snapshotLayout,
    snapshot_dir: options.snapshotDirectory,
    immutable: options.immutable,
    min_free_bytes: options.minFreeBytes,
    max_leases_per_step: options.maxLeasesPerStep,
  };
}

/** A name format with the names that its parts have in requests and documents. */
export function describeNameFormat({
  prefix,
  separator,
  fixedLength,
}: StepNameFormat): RunOptionsDocument['step_name_formats'][number] {
  return { step_prefix: prefix, step_separator: separator, step_format_fixed_length: fixedLength };
}

/** Says what would otherwise look dead. */
function warningsOf(run: WatchedRun, notes: RunNotes): readonly RunWarning[] {
  const warnings: RunWarning[] = [...nameFormatWarnings(run)];
  const files = describeNumberedFiles(run.numberedFiles);
  if (files !== null) warnings.push({ code: 'plain_files', ...files });
  if (notes.snapshotObstacle !== null) warnings.push(notes.snapshotObstacle);
  if (run.watch.degraded !== null) {
    warnings.push({
      code: 'watch_degraded',
      detail: `the filesystem gives no events (${run.watch.degraded}): new steps are found by polling`,
      hint: `a step is found within ${seconds(run.record.options.pollIntervalMs)} s; poll_interval changes that`,
    });
  }
  for (const { number, detail } of notes.stuck) {
    warnings.push({ code: 'snapshot_stuck', detail, hint: removalHint(number) });
  }
  return warnings;
}

function nameFormatWarnings({ index, record }: WatchedRun): readonly RunWarning[] {
  const formats = record.options.stepNameFormats;
  const names: string[] = [];
  for (const { entry } of index.all()) {
    if (names.length === 1_000) break;
    if (entry.state === 'foreign' && parseStepName(formats, entry.name) === null) names.push(entry.name);
  }
  // The steps that are there keep their name format.
  const hint = (settings: string) =>
    index.finalized().length > 0
      ? `add ${settings} to the run's step_name_formats, or register another run for these`
      : `PUT /runs/{run} with ${settings}, or start the server so`;
  return suggestNameFormats(names).map((suggestion) => ({
    code: 'name_format',
    detail: describeSuggestion(suggestion),
    hint: hint(suggestion.settings),
  }));
}
