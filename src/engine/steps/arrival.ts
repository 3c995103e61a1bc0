import type { Identity, StepContent } from '../inspection.js';
import { finalizedStep } from './finalized-step.js';
import { missingItem } from './items.js';
import { hasSettled, settle, settleTime } from './settling.js';
import { namedEntry, type Settling, type TrackedStep } from './tracked-step.js';
import { decided, type Judgement, type JudgementContext } from './verdict.js';

/** A tree whose two upper levels have been unchanged for so long when its root is first looked at is presumed to be complete. */
const LONG_AGO_MS = 3_600_000;
/** Filesystems stamp changes with a coarse clock: a change may seem older than what was written just before it. */
const TICK_NS = 100_000_000n;

/**
 * Decides whether a directory that is named like a finalized step is complete, where nothing is known of it yet. It is at once, where something
 * shows that its writer had finished: it was renamed before our eyes and nothing below it has changed since, or nothing below it has changed since Orbax's commit time. Else it is
 * once nothing in it has changed for a while: it may be being copied, unpacked, synced or written in place.
 */
export function judgeArrival(
  context: JudgementContext,
  identity: Identity,
  content: StepContent,
  before: Settling | null,
): Judgement {
  const incomplete = incompleteness(context, identity, content);
  if (incomplete !== null) return decided(incomplete);
  const finalized = (): TrackedStep => finalizedStep({ ...context, replaced: null }, identity, content);
  if (content.inventory === null) {
    if (context.wasRenamed || !isLongUnchanged(context, content)) return { verdict: 'look_closer' };
    return decided({ ...finalized(), isPresumed: true });
  }
  const settling = settle(context, content.inventory, before);
  const hasProof =
    (context.wasRenamed && isUnchangedSinceRename(identity, content)) ||
    isUnchangedSinceCommit(content) ||
    hasSettled(context, settling);
  // What changed while it was looked at may have been half deleted between two of its parts.
  const isOfOneMoment = content.inventory.isStable;
  if (hasProof && isOfOneMoment) return decided(finalized());
  const reason = `nothing shows yet that its writer has finished: it counts once nothing in it has changed for ${settleTime(context)}`;
  return decided({ ...unfinished(context, identity, 'temporary', reason), settling });
}

/** What is certainly no finalized step, however long it stays so; null: it may be one. */
function incompleteness(
  context: JudgementContext,
  identity: Identity,
  content: StepContent,
): TrackedStep | null {
  const { commitMarker } = context;
  if (commitMarker !== null && !content.commitFile)
    return unfinished(context, identity, 'temporary', `${commitMarker} is missing`);
  if (content.deletion !== null)
    return unfinished(context, identity, 'deleting', describeDeletion(content.deletion));
  if (content.empty) return unfinished(context, identity, 'deleting', 'it is empty');
  const missing = describeMissingItem(content);
  if (missing !== null) {
    const state = isYoungerThanItsCommit(identity, content) ? 'temporary' : 'deleting';
    return unfinished(context, identity, state, missing);
  }
  if (content.hasPayload) return null;
  const reason = 'it holds nothing but bookkeeping: no file of an item or of an array';
  return unfinished(context, identity, 'temporary', reason);
}

export function describeDeletion(item: string): string {
  return item === '' ? 'one of its items is being deleted' : `item ${item} is being deleted`;
}

export function describeMissingItem(content: StepContent): string | null {
  const missing = content.metadata?.outcome === 'read' ? missingItem(content.metadata.value, content) : null;
  return missing === null ? null : `item ${missing}, named in _CHECKPOINT_METADATA, is missing`;
}

/**
 * Nothing but the writer's marks came after the commit. A commit time that lies ahead of the filesystem's own times shows nothing: the clocks
 * differ, or it was made up.
 */
export function isUnchangedSinceCommit({ metadata, inventory, changedNs }: StepContent): boolean {
  const committedAtNs = metadata?.outcome === 'read' ? metadata.value.committedAtNs : null;
  if (committedAtNs === null || inventory === null) return false;
  const commit = BigInt(committedAtNs);
  return BigInt(inventory.changedBelowNs) <= commit && commit <= BigInt(changedNs) + TICK_NS;
}

/**
 * A rename stamps the directory, and its writer had finished by then. What changed later, before anybody looked, was done by others: it may be half
 * deleted already. Below the directory change times tell. In it, something was removed after the rename where its own modification is as late as
 * the stamp, and no entry is: an entry that came just before a rename would be.
 */
function isUnchangedSinceRename({ mtimeNs, ctimeNs }: Identity, content: StepContent): boolean {
  const { inventory, entriesChangedNs } = content;
  if (inventory === null || BigInt(inventory.changedBelowNs) > BigInt(ctimeNs)) return false;
  return BigInt(mtimeNs) < BigInt(ctimeNs) || BigInt(entriesChangedNs) >= BigInt(mtimeNs);
}

function isLongUnchanged({ absentMs, wallMs }: JudgementContext, { changedNs }: StepContent): boolean {
  const isFirstLook = absentMs === Number.NEGATIVE_INFINITY;
  return isFirstLook && wallMs - Number(BigInt(changedNs) / 1_000_000n) >= LONG_AGO_MS;
}

/** A directory that was made after its content was committed is a copy, and lacks what was not copied yet. */
function isYoungerThanItsCommit({ birthtimeNs }: Identity, { metadata }: StepContent): boolean {
  const committedAtNs = metadata?.outcome === 'read' ? metadata.value.committedAtNs : null;
  return birthtimeNs !== null && committedAtNs !== null && BigInt(birthtimeNs) > BigInt(committedAtNs);
}

function unfinished(
  { name, step }: JudgementContext,
  identity: Identity,
  state: 'temporary' | 'deleting',
  reason: string,
): TrackedStep {
  return { ...namedEntry(name, step, state, reason), identity };
}
