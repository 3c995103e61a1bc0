import type { Identity, Inspection, StepContent } from '../file-system.js';
import type { JsonObject } from '../json.js';
import { millisecondsOf } from '../units.js';
import { type CheckpointMetadata, METRICS_ITEM } from './checkpoint-metadata.js';
import { countsBy, describeCommitRule } from './classification.js';
import { COMMIT_SUCCESS_FILE, type CommitMode } from './commit-marker.js';
import { generationOf, isSameSaving, sameDirectory } from './generation.js';
import { itemsOf, missingItem } from './items.js';
import type { StepEntry } from './step.js';
import { namedEntry, type TrackedStep } from './tracked-step.js';

export interface JudgementContext {
  readonly name: string;
  readonly step: number;
  readonly commitMode: CommitMode;
  /** What was known of the name before; null at first sight. */
  readonly known: TrackedStep | null;
  /** How long unmarked content must stay unchanged: two poll intervals. */
  readonly settleMs: number;
  /** Monotonic. */
  readonly nowMs: number;
}

export type Judgement =
  | { readonly verdict: 'gone' }
  /** Another look is needed before anything can be said: the content, or the whole inventory. */
  | { readonly verdict: 'look_closer' }
  | { readonly verdict: 'decided'; readonly tracked: TrackedStep };

/** Decides what a directory that is named like a step is, from what was seen inside it and what was known of it. */
export function judge(context: JudgementContext, seen: Inspection): Judgement {
  const { name, step, known } = context;
  switch (seen.outcome) {
    case 'gone':
      return { verdict: 'gone' };
    case 'irregular':
      return decided(namedEntry(name, null, 'foreign', `is a ${seen.kind}, not a directory`));
    case 'unreadable':
      // What was final stays so: a failing disk or a changed permission is not a deletion.
      if (known !== null && known.entry.generation !== null) return decided(known);
      return decided(namedEntry(name, step, 'foreign', `cannot be read: ${seen.detail}`));
    case 'present':
      return judgePresent(context, seen.identity, seen.vanished, seen.content);
  }
}

function judgePresent(
  context: JudgementContext,
  identity: Identity,
  vanished: { readonly path: string; readonly how: 'missing' | 'replaced' } | null,
  content: StepContent | null,
): Judgement {
  const { known } = context;
  if (content === null) {
    const untouched =
      known !== null &&
      vanished === null &&
      known.identity !== null &&
      sameDirectory(known.identity, identity) &&
      countsBy(context.commitMode, known.entry);
    return untouched ? decided(known) : { verdict: 'look_closer' };
  }
  const metadata = content.metadata?.outcome === 'read' ? content.metadata.value : null;
  if (known === null || known.entry.generation === null)
    return judgeFirstSight(context, identity, content, metadata);
  if (isSameSaving(known.entry, identity, metadata?.committedAtNs ?? null)) {
    const isOutdated = known.entry.state === 'finalized' && !countsBy(context.commitMode, known.entry);
    if (vanished === null && isOutdated) return judgeFirstSight(context, identity, content, metadata);
    return judgeAgain(withIdentity(known, identity), vanished, content, metadata, context.commitMode);
  }
  return judgeStranger(context, known, identity, content, metadata);
}

/** The same object where nothing is new, so that nobody mistakes it for a finding. */
function withIdentity(known: TrackedStep, identity: Identity): TrackedStep {
  return known.identity !== null && sameDirectory(known.identity, identity) ? known : { ...known, identity };
}

/** A saving that was final before: it stays so until something of it is missing, and then never comes back. */
function judgeAgain(
  known: TrackedStep,
  vanished: { readonly path: string; readonly how: 'missing' | 'replaced' } | null,
  content: StepContent,
  metadata: CheckpointMetadata | null,
  commitMode: CommitMode,
): Judgement {
  if (known.entry.state === 'deleting') return decided(known);
  const loss =
    vanished === null
      ? (lossOf(known.entry, content, metadata, commitMode) ?? lossSinceRestart(known, content))
      : `${vanished.path} ${vanished.how === 'missing' ? 'has vanished' : 'was replaced'} since it was discovered`;
  if (loss !== null) return decided({ ...known, entry: { ...known.entry, state: 'deleting', reason: loss } });
  const { inventory } = content;
  return decided(
    inventory === null ? known : { ...known, inventory, entry: withDetails(known.entry, content) },
  );
}

function lossOf(
  entry: StepEntry,
  content: StepContent,
  metadata: CheckpointMetadata | null,
  commitMode: CommitMode,
): string | null {
  if (content.empty) return 'it is empty';
  if (commitMode === 'commit_file' && !content.commitFile) return `${COMMIT_SUCCESS_FILE} is missing`;
  if (entry.committedAt !== null && content.metadata === null)
    return '_CHECKPOINT_METADATA has vanished since it was discovered';
  const missing = metadata === null ? null : missingItem(metadata, content);
  return missing === null ? null : `item ${missing}, named in _CHECKPOINT_METADATA, is missing`;
}

/** Of the inventory taken before a restart only its counts are left: fewer files are a loss, more were added later. */
function lossSinceRestart(
  { entry, inventory: before }: TrackedStep,
  { inventory }: StepContent,
): string | null {
  if (before !== null || inventory === null || entry.fileCount === null) return null;
  const lost = entry.fileCount - inventory.fileCount;
  return lost > 0 ? `${lost} of its ${entry.fileCount} files have vanished since it was discovered` : null;
}

/**
 * Another directory than the one known. After a restart it may be the same saving all the same (copied to a new disk): then commit
 * time and inventory agree. Else it is a new generation.
 */
function judgeStranger(
  context: JudgementContext,
  known: TrackedStep,
  identity: Identity,
  content: StepContent,
  metadata: CheckpointMetadata | null,
): Judgement {
  const sinceRestart = known.identity === null && known.entry.state === 'finalized';
  const sameCommit = millisecondsOf(metadata?.committedAtNs ?? null) === known.entry.committedAt;
  if (sinceRestart && sameCommit && known.entry.inventoryDigest !== null) {
    if (content.inventory === null) return { verdict: 'look_closer' };
    if (content.inventory.digest === known.entry.inventoryDigest) {
      return decided({
        ...known,
        identity,
        inventory: content.inventory,
        entry: { ...known.entry, inode: identity.inode },
      });
    }
  }
  return judgeFirstSight(context, identity, content, metadata);
}

function judgeFirstSight(
  context: JudgementContext,
  identity: Identity,
  content: StepContent,
  metadata: CheckpointMetadata | null,
): Judgement {
  const { name, step, known, commitMode } = context;
  const unfinished = (state: 'temporary' | 'deleting', reason: string): TrackedStep => {
    const base = namedEntry(name, step, 'temporary', reason);
    return { ...base, identity, entry: { ...base.entry, state, inode: identity.inode } };
  };
  if (commitMode === 'commit_file' && !content.commitFile)
    return decided(unfinished('temporary', `${COMMIT_SUCCESS_FILE} is missing`));
  if (content.empty) return decided(unfinished('deleting', 'it is empty'));
  const missing = metadata === null ? null : missingItem(metadata, content);
  if (missing !== null)
    return decided(unfinished('deleting', `item ${missing}, named in _CHECKPOINT_METADATA, is missing`));
  if (content.metadata === null && !content.commitFile) {
    const { inventory } = content;
    if (inventory === null) return { verdict: 'look_closer' };
    const before = known?.settling?.fingerprint === content.fingerprint ? known.settling : null;
    const settling = before ?? { fingerprint: content.fingerprint, sinceMs: context.nowMs };
    if (context.nowMs - settling.sinceMs < context.settleMs) {
      const reason =
        'has neither _CHECKPOINT_METADATA nor commit_success.txt: it counts once its content stays unchanged for two poll intervals';
      return decided({ ...unfinished('temporary', reason), settling });
    }
  }
  return decided(finalized(context, identity, content, metadata));
}

function finalized(
  context: JudgementContext,
  identity: Identity,
  content: StepContent,
  metadata: CheckpointMetadata | null,
): TrackedStep {
  const base = namedEntry(context.name, context.step, 'temporary', '');
  const committedAtNs = metadata?.committedAtNs ?? null;
  const corrupt = content.metadata?.outcome === 'corrupt' ? content.metadata.reason : null;
  const items = itemsOf(metadata, content);
  const entry: StepEntry = {
    ...base.entry,
    state: 'finalized',
    reason:
      corrupt === null
        ? describeCommitRule(context.commitMode)
        : `${describeCommitRule(context.commitMode)}; ${corrupt}`,
    generation: generationOf(identity, committedAtNs),
    inode: identity.inode,
    committedAt: millisecondsOf(committedAtNs),
    initAt: millisecondsOf(metadata?.initAtNs ?? null),
    items,
    metrics: items.includes(METRICS_ITEM) ? nonEmpty(metadata?.metrics) : (metadata?.metrics ?? null),
    customMetadata: metadata?.customMetadata ?? null,
  };
  return { entry: withDetails(entry, content), identity, inventory: content.inventory, settling: null };
}

/** Adds what only a full inventory tells. */
function withDetails(entry: StepEntry, content: StepContent): StepEntry {
  const { inventory, metrics } = content;
  if (inventory === null) return entry;
  const { sizeBytes, fileCount, digest } = inventory;
  const detailed = { ...entry, sizeBytes, fileCount, inventoryDigest: digest };
  if (metrics === null) return detailed;
  if (metrics.outcome === 'corrupt')
    return { ...detailed, metrics: null, reason: `${entry.reason}; ${metrics.reason}` };
  return { ...detailed, metrics: metrics.value };
}

/** Orbax leaves `{}` in _CHECKPOINT_METADATA when the metrics are an item of their own: they are known with the inventory. */
function nonEmpty(metrics: JsonObject | null | undefined): JsonObject | null {
  return metrics == null || Object.keys(metrics).length === 0 ? null : metrics;
}

function decided(tracked: TrackedStep): Judgement {
  return { verdict: 'decided', tracked };
}
