import type { Clock } from '../clock.js';
import type { FileSystem, Listing, Obstacle } from '../file-system.js';
import type { InspectRequest } from '../inspection.js';
import { type Candidate, type Classification, classify } from '../steps/classification.js';
import type { Findings } from '../steps/findings.js';
import type { StepIndex } from '../steps/step-index.js';
import type { TrackedStep } from '../steps/tracked-step.js';
import { Examiner, type Hinted, type Looks, markerOf, request, type ScanRules } from './examiner.js';
import { InspectionPlan } from './inspection-plan.js';
import { Shadowing } from './shadowing.js';

/** Entries inspected, and at most changed, in one go: bounds a transaction and a pause of the event loop to a few milliseconds. */
const BATCH = 64;
/** Steps of one scan, new or new to this process, whose inventory is taken before they are announced; older ones get theirs in the background. */
const INVENTORIED_AT_ONCE = 64;
/** Directories under other names than a step's that one listing looks up, to know them again when they are renamed. */
const SIGHTED_AT_ONCE = 256;

/** A listing of a root that could be read. */
export type ReadableListing = Extract<Listing, { outcome: 'listed' | 'unchanged' }>;

export interface ScanScope {
  /** Names that the filesystem hinted at: they are looked at in any case. */
  readonly hinted: Hinted;
  /** Also look for losses in finalized steps that nothing hints at. */
  readonly isThorough: boolean;
}

/** What one look at a whole step gave. */
export interface Examination {
  readonly findings: Findings;
  /** Why it could not be looked at; null: it could. */
  readonly obstacle: Obstacle | null;
}

/** Turns a listing of one checkpoint root into findings: names first, then looks inside what names alone do not decide. */
export class Scanner {
  readonly #clock: Clock;
  readonly #index: StepIndex;
  readonly #examiner: Examiner;
  readonly #plan = new InspectionPlan();
  /** For names in the shade of none, which are few. */
  readonly #planOfRest = new InspectionPlan();
  /** Of the last listing. */
  #shadowing: Shadowing | null = null;

  constructor(files: FileSystem, clock: Clock, index: StepIndex) {
    this.#clock = clock;
    this.#index = index;
    this.#examiner = new Examiner(files, clock, index);
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
    const beganMs = this.#clock.monotonic();
    if (listing.outcome === 'listed') {
      this.#examiner.meet(listing.identity);
      const classification = classify(rules, listing);
      this.#shadowing = new Shadowing(classification.candidates, this.#index);
      await this.#sightOthers(directory, listing, classification, scope.hinted, rules);
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
    this.#examiner.scanned(beganMs, listing.outcome === 'listed' ? listing.directories : null);
  }

  /** Looks which directories stand under names that are no step's: they may be renamed to one later. */
  async #sightOthers(
    directory: string,
    listing: Extract<Listing, { outcome: 'listed' }>,
    { candidates }: Classification,
    hinted: Hinted,
    rules: ScanRules,
  ): Promise<void> {
    const steps = new Set(candidates.map(({ name }) => name));
    const isOther = (name: string) => !steps.has(name) && !rules.ownDirectories.has(name);
    const names = new Set([...hinted.keys(), ...listing.directories].filter(isOther));
    const requests = [...names].slice(0, SIGHTED_AT_ONCE).map((name) => request(name, 'sight', null, rules));
    this.#examiner.note((await this.#examiner.look(directory, requests)).seen);
  }

  async #scanRound(
    directory: string,
    candidates: readonly Candidate[],
    plan: InspectionPlan,
    rules: ScanRules,
    { hinted, isThorough }: ScanScope,
    report: (findings: Findings) => Promise<void>,
  ): Promise<void> {
    const planned = plan.choose(candidates, this.#index, {
      commitMarker: markerOf(rules),
      hinted,
      isThorough,
      nowMs: this.#clock.monotonic(),
    });
    const requests = planned.map(({ name, depth, known }) => request(name, depth, known, rules));
    const steps = new Map(candidates.map(({ name, step }) => [name, step]));
    let inventories = INVENTORIED_AT_ONCE;
    let next = this.#inspectBatch(directory, requests, 0);
    for (let start = 0; start < requests.length; start += BATCH) {
      const looks = await next;
      next = this.#inspectBatch(directory, requests, start + BATCH);
      const { findings, taken } = await this.#examiner.judge(
        directory,
        looks,
        steps,
        rules,
        hinted,
        inventories,
      );
      inventories -= taken;
      if (findings.size > 0) await report(findings);
    }
  }

  /**
   * Looks straight at the names that were hinted at, where they are new and named like a step: what a trainer just renamed into place is known
   * without listing thousands of others first. Shadowing needs the whole listing, so composite formats wait for it.
   */
  async peek(directory: string, rules: ScanRules, hinted: Hinted): Promise<Findings> {
    if (rules.formats.length > 1 || hinted.size > BATCH) return new Map();
    const names = [...hinted.keys()].filter((name) => !rules.ownDirectories.has(name));
    const { candidates } = classify(rules, { directories: names, symbolicLinks: [], others: [] });
    const fresh = candidates.filter(({ name }) => this.#index.get(name)?.entry.generation == null);
    if (fresh.length === 0) return new Map();
    const steps = new Map(fresh.map(({ name, step }) => [name, step]));
    const known = new Set(candidates.map(({ name }) => name));
    const others = names.filter((name) => !known.has(name));
    const looks = await this.#examiner.look(directory, [
      ...others.map((name) => request(name, 'sight', null, rules)),
      ...fresh.map(({ name }) => request(name, 'inventory', null, rules)),
    ]);
    this.#examiner.note(looks.seen.filter(({ name }) => !steps.has(name)));
    return (await this.#examiner.judge(directory, looks, steps, rules, hinted, 0)).findings;
  }

  /** Takes the inventories that are still missing, newest first, at most `limit`; none left gives no findings. */
  async backfill(directory: string, rules: ScanRules, limit: number): Promise<Findings> {
    const requests: InspectRequest[] = [];
    const steps = new Map<string, number>();
    for (const tracked of this.#index.finalized().toReversed()) {
      const { name, step } = tracked.entry;
      if (tracked.inventory !== null || tracked.identity === null || step === null) continue;
      if (requests.length === limit || !this.#index.hasRoomForInventories) break;
      requests.push(request(name, 'inventory', null, rules));
      steps.set(name, step);
    }
    if (requests.length === 0) return new Map();
    const looks = await this.#examiner.look(directory, requests);
    return (await this.#examiner.judge(directory, looks, steps, rules, NOTHING_HINTED, 0)).findings;
  }

  /** Looks at one candidate with its whole inventory, now. */
  async examine(directory: string, rules: ScanRules, tracked: TrackedStep): Promise<Examination> {
    const { name, step } = tracked.entry;
    if (step === null) return { findings: new Map(), obstacle: null };
    const looks = await this.#examiner.look(directory, [
      request(name, 'inventory', tracked.inventory, rules),
    ]);
    const steps = new Map([[name, step]]);
    const { findings } = await this.#examiner.judge(directory, looks, steps, rules, NOTHING_HINTED, 0);
    const [seen] = looks.seen;
    return { findings, obstacle: seen?.outcome === 'unreadable' ? seen : null };
  }

  /** See `Examiner.lookedMs`. */
  lookedMs(tracked: TrackedStep): number {
    return this.#examiner.lookedMs(tracked);
  }

  #inspectBatch(directory: string, requests: readonly InspectRequest[], start: number): Promise<Looks> {
    return this.#examiner.look(directory, requests.slice(start, start + BATCH));
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
}

const NOTHING_HINTED: Hinted = new Map();
