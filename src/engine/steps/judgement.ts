import type { Identity, Inspection, StepContent } from '../inspection.js';
import { millisecondsOf } from '../units.js';
import { judgeArrival } from './arrival.js';
import { judgeKnown } from './change-in-place.js';
import { isSameSaving } from './generation.js';
import { namedEntry, type TrackedStep } from './tracked-step.js';
import { decided, type Judgement, type JudgementContext } from './verdict.js';

type Present = Extract<Inspection, { outcome: 'present' }>;

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
      return judgePresent(context, seen);
  }
}

function judgePresent(context: JudgementContext, seen: Present): Judgement {
  const { known, commitMarker } = context;
  const { identity, content } = seen;
  if (content === null) {
    const isUntouched =
      known !== null &&
      known.entry.state === 'finalized' &&
      known.entry.commitMarker === commitMarker &&
      seen.change === null &&
      known.identity !== null &&
      known.identity.saving === identity.saving;
    return isUntouched ? decided(known) : { verdict: 'look_closer' };
  }
  if (known === null || known.entry.generation === null) {
    const isSameOne = known?.identity?.saving === identity.saving;
    return judgeArrival(context, identity, content, isSameOne ? (known?.settling ?? null) : null);
  }
  const metadata = content.metadata?.outcome === 'read' ? content.metadata.value : null;
  if (!isSameSaving(known.entry.generation, known.entry, identity, metadata?.committedAtNs ?? null))
    return judgeStranger(context, known, identity, content);
  if (known.entry.state === 'finalized' && known.entry.commitMarker !== commitMarker && seen.change === null)
    return judgeByNewRule(context, known, identity, content);
  return judgeKnown(context, withIdentity(known, identity), { ...seen, content });
}

/** The same object where nothing is new, so that nobody mistakes it for a finding. */
function withIdentity(known: TrackedStep, identity: Identity): TrackedStep {
  return known.identity?.saving === identity.saving ? known : { ...known, identity };
}

/** The run's commit rule was changed: what was complete still is, as long as it has the mark that the new rule wants. */
function judgeByNewRule(
  context: JudgementContext,
  known: TrackedStep,
  identity: Identity,
  content: StepContent,
): Judgement {
  const { commitMarker } = context;
  if (commitMarker !== null && !content.commitFile) return judgeArrival(context, identity, content, null);
  const inventory = known.inventory ?? content.inventory;
  return decided({ ...known, identity, inventory, entry: { ...known.entry, commitMarker } });
}

/**
 * Another directory than the one known. After a restart it may be the same saving all the same (copied to a new disk): then commit
 * time and inventory agree. Else it is a new arrival.
 */
function judgeStranger(
  context: JudgementContext,
  known: TrackedStep,
  identity: Identity,
  content: StepContent,
): Judgement {
  const isSinceRestart = known.identity === null && known.entry.state === 'finalized';
  const committedAtNs = content.metadata?.outcome === 'read' ? content.metadata.value.committedAtNs : null;
  const isSameCommit = millisecondsOf(committedAtNs) === known.entry.committedAt;
  if (isSinceRestart && isSameCommit && known.entry.inventoryDigest !== null) {
    const { inventory } = content;
    if (inventory === null) return { verdict: 'look_closer' };
    if (inventory.digest === known.entry.inventoryDigest) {
      return decided({ ...known, identity, inventory });
    }
  }
  return judgeArrival(context, identity, content, null);
}
