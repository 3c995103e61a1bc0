import type { InspectDepth, Inventory } from '../inspection.js';
import { isTroubled } from '../steps/change-in-place.js';
import type { Candidate } from '../steps/classification.js';
import type { StepIndex } from '../steps/step-index.js';
import type { TrackedStep } from '../steps/tracked-step.js';

/** Finalized steps that every scan audits, newest first: what evaluators are about to be given is among them. */
const ALWAYS_AUDITED = 8;
/** Those that a thorough scan audits. */
const THOROUGHLY_AUDITED = 64;
/** Further ones that take turns in thorough scans, so that a scan of 10,000 steps costs no more than one of 200. */
const AUDITED_IN_TURN = 128;
/** Files that a thorough scan looks at one by one, some 10 ms of work, to find those that were written in place. */
const FILES_AUDITED = 2000;

export interface PlanRules {
  /** Null where no file has to mark a finalized step. */
  readonly commitMarker: string | null;
  readonly hinted: { has(name: string): boolean };
  readonly isThorough: boolean;
  /** Monotonic. */
  readonly nowMs: number;
}

export interface PlannedLook {
  readonly name: string;
  readonly depth: InspectDepth;
  readonly known: Inventory | null;
}

/**
 * Chooses what a scan looks at inside: everything new, unresolved, or hinted at; of the finalized steps the newest, and in a thorough
 * scan some of the rest in turn. Highest steps come first. What has to settle is left alone until another look can decide something.
 */
export class InspectionPlan {
  #turn = 0;
  /** Step at which the next thorough scan goes on to look at files one by one. */
  #filesBelow = Number.POSITIVE_INFINITY;

  choose(candidates: readonly Candidate[], index: StepIndex, rules: PlanRules): readonly PlannedLook[] {
    const { commitMarker, hinted, isThorough, nowMs } = rules;
    const looks: PlannedLook[] = [];
    const settled: TrackedStep[] = [];
    for (const { name } of candidates) {
      const tracked = index.get(name);
      const isHinted = hinted.has(name);
      if (tracked === null) looks.push({ name, depth: 'look', known: null });
      else if (tracked.settling !== null && !isHinted && nowMs < tracked.settling.dueMs) continue;
      else if (isSettled(tracked, commitMarker) && !isHinted) settled.push(tracked);
      else looks.push(lookAt(tracked, isHinted));
    }
    const newest = isThorough ? THOROUGHLY_AUDITED : ALWAYS_AUDITED;
    const inTurn = isThorough ? this.#inTurn(settled.slice(newest)) : [];
    const audited = [...settled.slice(0, newest), ...inTurn];
    const closely = isThorough ? this.#closely(audited) : new Set<TrackedStep>();
    return [...looks, ...audited.map((tracked) => audit(tracked, closely.has(tracked)))];
  }

  #inTurn(rest: readonly TrackedStep[]): readonly TrackedStep[] {
    if (rest.length === 0) return [];
    const start = this.#turn % rest.length;
    this.#turn = start + AUDITED_IN_TURN;
    return rest.slice(start, start + AUDITED_IN_TURN);
  }

  /** Those whose files are looked at one by one: so many as the budget allows, and one at least, going on where the last scan stopped. */
  #closely(audited: readonly TrackedStep[]): ReadonlySet<TrackedStep> {
    const chosen = new Set<TrackedStep>();
    const stepOf = ({ entry }: TrackedStep) => entry.step ?? 0;
    const from = audited.findIndex((tracked) => stepOf(tracked) < this.#filesBelow);
    const start = Math.max(from, 0);
    let files = 0;
    for (const tracked of [...audited.slice(start), ...audited.slice(0, start)]) {
      files += tracked.inventory?.fileCount ?? 0;
      if (chosen.size > 0 && files > FILES_AUDITED) break;
      chosen.add(tracked);
      this.#filesBelow = stepOf(tracked);
    }
    return chosen;
  }
}

function isSettled({ entry, identity }: TrackedStep, commitMarker: string | null): boolean {
  return entry.state === 'finalized' && identity !== null && entry.commitMarker === commitMarker;
}

function lookAt({ entry, identity, inventory, settling }: TrackedStep, isHinted: boolean): PlannedLook {
  const { name, generation } = entry;
  if (settling !== null || entry.state === 'deleting')
    return { name, depth: generation === null && settling === null ? 'look' : 'inventory', known: inventory };
  if (entry.state !== 'finalized' || identity === null || inventory === null)
    return { name, depth: 'look', known: null };
  return { name, depth: isHinted ? 'full_audit' : 'look', known: inventory };
}

/** What could not be read before is tried again, for only that shows that it can be read now. */
function audit({ entry, inventory }: TrackedStep, isClose: boolean): PlannedLook {
  const { name } = entry;
  if (inventory === null) return { name, depth: 'look', known: null };
  if (!isClose) return { name, depth: 'audit', known: inventory };
  return { name, depth: isTroubled(entry) ? 'inventory' : 'full_audit', known: inventory };
}
