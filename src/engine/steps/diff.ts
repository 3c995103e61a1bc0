import type { StepEntry } from './step.js';

/** One entry that is not as it was. */
export interface StepChange {
  readonly name: string;
  readonly before: StepEntry | null;
  /** Null: it is gone. */
  readonly after: StepEntry | null;
  /** What the event log tells of it; null: nothing, only details became known. */
  readonly event: 'step.finalized' | 'step.deleted' | null;
  /** The generation that a `step.finalized` replaces. */
  readonly previousGeneration: string | null;
}

/**
 * What changed between two views of the same entries; a null in `observed` is an entry that is gone. Pure.
 *
 * One `step.finalized` for each generation; one `step.deleted` when a generation leaves the finalized ones without another in its place,
 * no matter whether it is first seen changed, half gone or not at all any more. So whoever applies the events to a list has the list.
 */
export function diff(
  known: ReadonlyMap<string, StepEntry>,
  observed: Iterable<readonly [string, StepEntry | null]>,
): readonly StepChange[] {
  const changes: StepChange[] = [];
  for (const [name, after] of observed) {
    const before = known.get(name) ?? null;
    if (after === before || (after !== null && before !== null && isEqual(before, after))) continue;
    const event = eventOf(before, after);
    const isReplacement = event === 'step.finalized' && before?.generation !== after?.generation;
    const previousGeneration = isReplacement ? (before?.generation ?? null) : null;
    changes.push({ name, before, after, event, previousGeneration });
  }
  return changes.sort(byStep);
}

/** Trainers save upwards: what one look found is told in that order. */
function byStep(one: StepChange, other: StepChange): number {
  return numberOf(one) - numberOf(other);
}

function numberOf({ before, after }: StepChange): number {
  return after?.step ?? before?.step ?? Number.MAX_SAFE_INTEGER;
}

function eventOf(before: StepEntry | null, after: StepEntry | null): StepChange['event'] {
  const wasListed = before?.state === 'finalized';
  if (after?.state !== 'finalized') return wasListed ? 'step.deleted' : null;
  if (after.generation === null) return null;
  return wasListed && before.generation === after.generation ? null : 'step.finalized';
}

function isEqual(one: StepEntry, other: StepEntry): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
