import type { InspectRequest } from '../file-system.js';
import type { Candidate } from '../steps/classification.js';
import type { StepIndex } from '../steps/step-index.js';

/** Finalized steps that every scan audits, newest first: what evaluators are about to be given is among them. */
const ALWAYS_AUDITED = 8;
/** Those that a thorough scan audits. */
const THOROUGHLY_AUDITED = 64;
/** Further ones that take turns in thorough scans, so that a scan of 10,000 steps costs no more than one of 200. */
const AUDITED_IN_TURN = 128;

/**
 * Chooses what a scan looks at inside: everything new, unresolved, or hinted at; of the finalized steps the newest, and in a thorough
 * scan some of the rest in turn. Highest steps come first.
 */
export class InspectionPlan {
  #turn = 0;

  requests(
    candidates: readonly Candidate[],
    index: StepIndex,
    hinted: ReadonlySet<string>,
    isThorough: boolean,
  ): readonly InspectRequest[] {
    const requests: InspectRequest[] = [];
    const settled: InspectRequest[] = [];
    for (const { name } of candidates) {
      const tracked = index.get(name);
      const known = tracked?.inventory ?? null;
      const request: InspectRequest = { name, depth: known === null ? 'look' : 'audit', known };
      const isSettled = tracked !== null && tracked.entry.state === 'finalized' && tracked.identity !== null;
      if (isSettled && !hinted.has(name)) settled.push(request);
      else if (tracked?.entry.state === 'deleting') requests.push({ name, depth: 'look', known: null });
      else requests.push(request);
    }
    const newest = isThorough ? THOROUGHLY_AUDITED : ALWAYS_AUDITED;
    const inTurn = isThorough ? this.#inTurn(settled.slice(newest)) : [];
    return [...requests, ...settled.slice(0, newest), ...inTurn];
  }

  #inTurn(rest: readonly InspectRequest[]): readonly InspectRequest[] {
    if (rest.length === 0) return [];
    const start = this.#turn % rest.length;
    this.#turn = start + AUDITED_IN_TURN;
    return rest.slice(start, start + AUDITED_IN_TURN);
  }
}
