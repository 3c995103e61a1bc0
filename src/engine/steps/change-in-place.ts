import type { Change, Inspection, StepContent } from '../inspection.js';
import { describeDeletion, describeMissingItem, isUnchangedSinceCommit } from './arrival.js';
import { finalizedStep, withDetails } from './finalized-step.js';
import { hasSettled, settle, settleTime } from './settling.js';
import type { StepEntry } from './step.js';
import type { TrackedStep } from './tracked-step.js';
import { decided, type Judgement, type JudgementContext } from './verdict.js';

type Present = Extract<Inspection, { outcome: 'present' }>;
type Seen = Present & { readonly content: StepContent };

/**
 * Decides about a saving that was finalized before. It stays so while its payload is what it was. Once something of it is removed, replaced,
 * rewritten or added, it is no longer offered; when it then stays unchanged for a while and lacks nothing that its present metadata
 * promises, it is finalized again, as a new generation.
 */
export function judgeKnown(context: JudgementContext, known: TrackedStep, seen: Seen): Judgement {
  return known.entry.state === 'finalized'
    ? judgeFinalized(context, known, seen)
    : judgeChanged(context, known, seen);
}

function judgeFinalized(context: JudgementContext, known: TrackedStep, seen: Seen): Judgement {
  const { content } = seen;
  const change = lackOf(context, known, seen) ?? describeDifference(context, known, seen);
  if (change !== null) return judgeChanged(context, known, seen);
  const { inventory } = content;
  const hasNews = inventory !== null && (known.inventory === null || isTroubled(known.entry));
  if (!hasNews) return decided(known);
  const details = withDetails(known.entry, content);
  return decided({
    ...known,
    inventory: known.inventory ?? inventory,
    isPresumed: false,
    entry: isSame(details, known.entry) ? known.entry : details,
  });
}

/** A changed one needs a look at all of it, for its content has to settle. */
function judgeChanged(context: JudgementContext, known: TrackedStep, seen: Seen): Judgement {
  const { content, identity } = seen;
  if (content.inventory === null) return { verdict: 'look_closer' };
  const settling = settle(context, content.inventory, known.settling);
  const lack = lackOf(context, known, seen);
  if (lack === null && content.inventory.isStable && hasSettled(context, settling)) {
    const replaced = known.entry.generation;
    return decided(finalizedStep({ ...context, replaced }, identity, content));
  }
  const difference = describeDifference(context, known, seen) ?? 'its content was changed';
  const reason =
    lack ??
    `${difference}: it counts again, as a new generation, once nothing in it has changed for ${settleTime(context)}`;
  const isSameReason = known.entry.state === 'deleting' && known.entry.reason === reason;
  const entry: StepEntry = isSameReason ? known.entry : { ...known.entry, state: 'deleting', reason };
  return decided({ ...known, entry, settling, isPresumed: false });
}

/** What the step had to have, and has no more; null: nothing. */
function lackOf(context: JudgementContext, { entry, inventory }: TrackedStep, seen: Seen): string | null {
  const { content } = seen;
  if (content.deletion !== null) return describeDeletion(content.deletion);
  if (content.empty) return 'it is empty';
  if (context.commitMarker !== null && !content.commitFile) return `${context.commitMarker} is missing`;
  const hadMetadata = entry.committedAt !== null || entry.metadataTrouble !== null;
  if (hadMetadata && content.metadata === null)
    return '_CHECKPOINT_METADATA has vanished since it was discovered';
  const missing = describeMissingItem(content);
  if (missing !== null) return missing;
  if (!content.hasPayload) return 'it holds nothing but bookkeeping';
  if (seen.lost !== null) return `${seen.lost} has vanished since it was discovered`;
  return inventory === null ? lostSinceRestart(entry, content) : null;
}

/** Only the counts are left of an inventory taken before a restart: fewer files are a loss, unless whole items went. */
function lostSinceRestart(entry: StepEntry, { inventory, metadata }: StepContent): string | null {
  if (inventory === null || entry.fileCount === null || inventory.digest === entry.inventoryDigest)
    return null;
  const lost = entry.fileCount - inventory.fileCount;
  const named = metadata?.outcome === 'read' ? metadata.value.items : null;
  const isItemGone = named !== null && (entry.items ?? []).some((item) => !named.includes(item));
  if (lost <= 0 || isItemGone) return null;
  return `${lost} of its ${entry.fileCount} files have vanished since it was discovered`;
}

/** How the payload differs from what was finalized; null: it does not, as far as this look went. */
function describeDifference(context: JudgementContext, known: TrackedStep, seen: Seen): string | null {
  if (seen.change !== null) return describeChange(seen.change);
  const { inventory } = seen.content;
  if (inventory === null || known.inventory !== null) return null;
  const { inventoryDigest } = known.entry;
  if (inventoryDigest !== null && inventory.digest !== inventoryDigest)
    return 'its files are not those that it had before the restart';
  if (!known.isPresumed || isUnchangedSinceCommit(seen.content)) return null;
  const settling = settle({ ...context, absentMs: Number.NEGATIVE_INFINITY }, inventory, null);
  return hasSettled(context, settling) ? null : 'it was being changed when it was first looked at as a whole';
}

function describeChange({ path, how }: Change): string {
  const what = path === '' ? 'its directory' : path;
  if (how === 'missing') return `${what} has vanished since it was discovered`;
  return `${what} was ${how === 'added' ? 'added' : 'replaced or rewritten'} since it was discovered`;
}

export function isTroubled({ metadataTrouble, metricsTrouble }: StepEntry): boolean {
  return metadataTrouble !== null || metricsTrouble !== null;
}

function isSame(one: StepEntry, other: StepEntry): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
