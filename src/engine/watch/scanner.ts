import type { Clock } from '../clock.js';
import type { FileSystem, Inspection, InspectRequest, Listing } from '../file-system.js';
import { type Candidate, type Classification, classify, type NameRules } from '../steps/classification.js';
import type { Findings } from '../steps/findings.js';
import { judge } from '../steps/judgement.js';
import type { StepIndex } from '../steps/step-index.js';
import { type TrackedStep, unseenStep } from '../steps/tracked-step.js';
import { InspectionPlan } from './inspection-plan.js';
import { Shadowing } from './shadowing.js';

/** Entries inspected, and at most changed, in one go: bounds a transaction and a pause of the event loop to a few milliseconds. */
const BATCH = 64;
/** Unresolved entries that one scan looks inside; of a directory of thousands the others follow in the background. */
const LOOKED_AT_ONCE = 512;
/** Steps of one scan, new or new to this process, whose inventory is taken before they are announced; older ones get theirs in the background. */
const INVENTORIED_AT_ONCE = 64;

/** A listing of a root that could be read. */
export type ReadableListing = Extract<Listing, { outcome: 'listed' | 'unchanged' }>;

export interface ScanScope {
  /** Names that the filesystem hinted at: they are looked at in any case. */
  readonly hinted: ReadonlySet<string>;
  /** Also look for losses in finalized steps that nothing hints at. */
  readonly isThorough: boolean;
}

export interface ScanRules extends NameRules {
  /** How long content without marks of completeness must stay unchanged. */
  readonly settleMs: number;
}

/** Turns a listing of one checkpoint root into findings: names first, then looks inside what names alone do not decide. */
export class Scanner {
  readonly #files: FileSystem;
  readonly #clock: Clock;
  readonly #index: StepIndex;
  readonly #plan = new InspectionPlan();
  /** For names in the shade of none, which are few. */
  readonly #planOfRest = new InspectionPlan();
  /** Of the last listing. */
  #shadowing: Shadowing | null = null;

  constructor(files: FileSystem, clock: Clock, index: StepIndex) {
    this.#files = files;
    this.#clock = clock;
    this.#index = index;
  }

  /**
   * Reports findings batch by batch, highest steps first; `report` commits each before the next is reported, while the next is already
   * being looked at.
   */
  async scan(
    directory: string,
    listing: ReadableListing,
    rules: ScanRules,
    scope: ScanScope,
    report: (findings: Findings) => Promise<void>,
  ): Promise<void> {
    if (listing.outcome === 'listed') {
      const classification = classify(rules, listing);
      this.#shadowing = new Shadowing(classification.candidates, this.#index);
      await report(this.#byName(classification, listing.directories, rules));
    }
    const shadowing = this.#shadowing;
    if (shadowing === null) throw new Error('the first listing of a root cannot be unchanged');
    const reportAll = (findings: Findings) => report(shadowing.complete(findings));
    for (const [place, round] of shadowing.rounds.entries()) {
      const { open, shadowed } = shadowing.divide(round);
      await report(shadowed);
      const plan = place === 0 ? this.#plan : this.#planOfRest;
      await this.#scanRound(directory, open, plan, rules, scope, reportAll);
    }
  }

  async #scanRound(
    directory: string,
    candidates: readonly Candidate[],
    plan: InspectionPlan,
    rules: ScanRules,
    { hinted, isThorough }: ScanScope,
    report: (findings: Findings) => Promise<void>,
  ): Promise<void> {
    const planned = plan.requests(candidates, this.#index, rules.commitMode, hinted, isThorough);
    // Where a file inside marks a finalized step, no name says that it is one.
    const most = rules.commitMode === 'commit_file' ? planned.length : LOOKED_AT_ONCE;
    const requests = planned.slice(0, most);
    await report(this.#provisional(planned.slice(most), candidates));
    const steps = new Map(candidates.map(({ name, step }) => [name, step]));
    let inventories = INVENTORIED_AT_ONCE;
    let next = this.#inspect(directory, requests, 0);
    for (let start = 0; start < requests.length; start += BATCH) {
      const seen = await next;
      next = this.#inspect(directory, requests, start + BATCH);
      const { findings, taken } = await this.#judgeAll(directory, seen, steps, rules, inventories);
      inventories -= taken;
      if (findings.size > 0) await report(findings);
    }
  }

  /**
   * Looks straight at the names that were hinted at, where they are new and named like a step: what a trainer just renamed into place is known
   * without listing thousands of others first. Shadowing needs the whole listing, so composite formats wait for it.
   */
  async peek(directory: string, rules: ScanRules, hinted: ReadonlySet<string>): Promise<Findings> {
    if (rules.formats.length > 1 || hinted.size > BATCH) return new Map();
    const names = [...hinted].filter((name) => this.#index.get(name)?.entry.generation == null);
    const { candidates } = classify(rules, { directories: names, symbolicLinks: [], others: [] });
    if (candidates.length === 0) return new Map();
    const requests = candidates.map(
      ({ name }): InspectRequest => ({ name, depth: 'inventory', known: null }),
    );
    const seen = await this.#files.inspect(directory, requests);
    const steps = new Map(candidates.map(({ name, step }) => [name, step]));
    return (await this.#judgeAll(directory, seen, steps, rules, 0)).findings;
  }

  /** Takes the inventories that are still missing, newest first, at most `limit`; none left gives no findings. */
  async backfill(directory: string, rules: ScanRules, limit: number): Promise<Findings> {
    const requests: InspectRequest[] = [];
    const steps = new Map<string, number>();
    for (const tracked of this.#index.finalized().toReversed()) {
      const { name, step } = tracked.entry;
      const isUnseen = tracked.entry.generation === null;
      if (tracked.inventory !== null || (tracked.identity === null && !isUnseen) || step === null) continue;
      if (requests.length === limit) break;
      if (!isUnseen && !this.#index.hasRoomForInventories) continue;
      requests.push({ name, depth: this.#index.hasRoomForInventories ? 'inventory' : 'look', known: null });
      steps.set(name, step);
    }
    if (requests.length === 0) return new Map();
    const seen = await this.#files.inspect(directory, requests);
    return (await this.#judgeAll(directory, seen, steps, rules, 0)).findings;
  }

  /** Looks at one candidate with its whole inventory, now. */
  async examine(directory: string, rules: ScanRules, tracked: TrackedStep): Promise<Findings> {
    const { name, step } = tracked.entry;
    if (step === null) return new Map();
    const seen = await this.#files.inspect(directory, [
      { name, depth: 'inventory', known: tracked.inventory },
    ]);
    return (await this.#judgeAll(directory, seen, new Map([[name, step]]), rules, 0)).findings;
  }

  /** Steps that were never looked at are listed by their names until their turn comes. */
  #provisional(later: readonly InspectRequest[], candidates: readonly Candidate[]): Findings {
    if (later.length === 0) return new Map();
    const unknown = new Set(later.map(({ name }) => name).filter((name) => this.#index.get(name) === null));
    const found = candidates.filter(({ name }) => unknown.has(name));
    return new Map(found.map(({ name, step }) => [name, unseenStep(name, step)]));
  }

  #inspect(
    directory: string,
    requests: readonly InspectRequest[],
    start: number,
  ): Promise<readonly Inspection[]> {
    const batch = requests.slice(start, start + BATCH);
    return batch.length === 0 ? Promise.resolve([]) : this.#files.inspect(directory, batch);
  }

  #byName(classification: Classification, directories: readonly string[], rules: ScanRules): Findings {
    const findings = new Map<string, TrackedStep | null>();
    const present = new Set(directories.filter((name) => !rules.ownDirectories.has(name)));
    for (const { entry } of this.#index.all()) if (!present.has(entry.name)) findings.set(entry.name, null);
    for (const tracked of classification.decided) {
      const known = this.#index.get(tracked.entry.name)?.entry;
      const same = known?.state === tracked.entry.state && known.reason === tracked.entry.reason;
      if (same) findings.delete(tracked.entry.name);
      else findings.set(tracked.entry.name, tracked);
    }
    return findings;
  }

  async #judgeAll(
    directory: string,
    seen: readonly Inspection[],
    steps: ReadonlyMap<string, number>,
    rules: ScanRules,
    inventories: number,
  ): Promise<{ findings: Findings; taken: number }> {
    const findings = new Map<string, TrackedStep | null>();
    const again: InspectRequest[] = [];
    let taken = 0;
    const consider = (inspection: Inspection, last: boolean) => {
      const { name } = inspection;
      const step = steps.get(name);
      if (step === undefined) return;
      const known = this.#index.get(name);
      const nowMs = this.#clock.monotonic();
      const judgement = judge(
        { name, step, known, nowMs, commitMode: rules.commitMode, settleMs: rules.settleMs },
        inspection,
      );
      if (judgement.verdict === 'look_closer') {
        if (!last) again.push({ name, depth: 'inventory', known: known?.inventory ?? null });
      } else if (judgement.verdict === 'gone') {
        if (known !== null) findings.set(name, null);
      } else if (!last && taken < inventories && wantsInventory(known, judgement.tracked)) {
        taken += 1;
        again.push({ name, depth: 'inventory', known: null });
      } else if (judgement.tracked !== known) {
        findings.set(name, judgement.tracked);
      }
    };
    for (const inspection of seen) consider(inspection, false);
    const closer = again.length === 0 ? [] : await this.#files.inspect(directory, again);
    for (const inspection of closer) consider(inspection, true);
    return { findings, taken };
  }
}

/** A generation that is new, or new to this process: after a restart only its inventory shows what it lost meanwhile. */
function wantsInventory(known: TrackedStep | null, tracked: TrackedStep): boolean {
  const { state, generation } = tracked.entry;
  const isNew = known?.entry.generation !== generation || known.identity === null;
  return state === 'finalized' && tracked.inventory === null && isNew;
}
