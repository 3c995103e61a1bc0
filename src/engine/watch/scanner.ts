import type { Clock } from '../clock.js';
import type { FileSystem, Inspection, InspectRequest, Inventory, Listing } from '../file-system.js';
import { type Candidate, type Classification, classify, type NameRules } from '../steps/classification.js';
import type { Findings } from '../steps/findings.js';
import { judge } from '../steps/judgement.js';
import type { StepIndex } from '../steps/step-index.js';
import type { TrackedStep } from '../steps/tracked-step.js';
import { InspectionPlan } from './inspection-plan.js';
import { Shadowing } from './shadowing.js';
import { type HintedName, Sightings } from './sightings.js';

/** Entries inspected, and at most changed, in one go: bounds a transaction and a pause of the event loop to a few milliseconds. */
const BATCH = 64;
/** Steps of one scan, new or new to this process, whose inventory is taken before they are announced; older ones get theirs in the background. */
const INVENTORIED_AT_ONCE = 64;
/** Directories under other names than a step's that one listing looks up, to know them again when they are renamed. */
const SIGHTED_AT_ONCE = 256;

/** What one call showed of several entries. */
interface Looks {
  readonly seen: readonly Inspection[];
  /** Monotonic time and milliseconds since the epoch at which it began. */
  readonly beganMs: number;
  readonly wallMs: number;
}

/** A listing of a root that could be read. */
export type ReadableListing = Extract<Listing, { outcome: 'listed' | 'unchanged' }>;

export interface ScanScope {
  /** Names that the filesystem hinted at: they are looked at in any case. */
  readonly hinted: Hinted;
  /** Also look for losses in finalized steps that nothing hints at. */
  readonly isThorough: boolean;
}

export type Hinted = ReadonlyMap<string, HintedName>;

export interface ScanRules extends NameRules {
  /** Name of the file that marks a finished step in commit mode `commit_file`. */
  readonly commitMarker: string;
  /** How long content that nothing shows to be complete must stay unchanged. */
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
  #sightings = new Sightings();
  /** By name: when the last look at all of a step's files began. */
  readonly #lookedMs = new Map<string, number>();
  /** Names that were hinted at and led nowhere when they were looked at last. */
  readonly #gone = new Set<string>();
  #rootIdentity: string | null = null;
  /** Monotonic time at which the last complete scan of this very root began. */
  #lastBeganMs = Number.NEGATIVE_INFINITY;

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
    const beganMs = this.#clock.monotonic();
    if (listing.outcome === 'listed') {
      this.#meet(listing.identity);
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
    if (listing.outcome === 'listed') this.#forgetAllBut(new Set(listing.directories));
    this.#gone.clear();
    this.#lastBeganMs = beganMs;
  }

  /** Another directory under the same path was never looked at, whatever was known of the one before. */
  #meet(identity: string): void {
    if (identity === this.#rootIdentity) return;
    this.#rootIdentity = identity;
    this.#lastBeganMs = Number.NEGATIVE_INFINITY;
    this.#sightings = new Sightings();
  }

  #forgetAllBut(names: ReadonlySet<string>): void {
    this.#sightings.keep(names);
    for (const name of this.#lookedMs.keys()) if (!names.has(name)) this.#lookedMs.delete(name);
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
    if (requests.length > 0) this.#note(await this.#files.inspect(directory, requests));
  }

  #note(seen: readonly Inspection[]): void {
    for (const { name, ...inspection } of seen) {
      if (inspection.outcome === 'gone') this.#gone.add(name);
      else this.#gone.delete(name);
      if (inspection.outcome === 'present') this.#sightings.note(name, inspection.identity);
      else if (inspection.outcome === 'irregular') this.#sightings.note(name, null);
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
      const { findings, taken } = await this.#judgeAll(directory, looks, steps, rules, hinted, inventories);
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
    const looks = await this.#inspect(directory, [
      ...others.map((name) => request(name, 'sight', null, rules)),
      ...fresh.map(({ name }) => request(name, 'inventory', null, rules)),
    ]);
    this.#note(looks.seen.filter(({ name }) => !steps.has(name)));
    return (await this.#judgeAll(directory, looks, steps, rules, hinted, 0)).findings;
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
    const looks = await this.#inspect(directory, requests);
    return (await this.#judgeAll(directory, looks, steps, rules, NOTHING_HINTED, 0)).findings;
  }

  /** Looks at one candidate with its whole inventory, now. */
  async examine(directory: string, rules: ScanRules, tracked: TrackedStep): Promise<Findings> {
    const { name, step } = tracked.entry;
    if (step === null) return new Map();
    const looks = await this.#inspect(directory, [request(name, 'inventory', tracked.inventory, rules)]);
    const steps = new Map([[name, step]]);
    return (await this.#judgeAll(directory, looks, steps, rules, NOTHING_HINTED, 0)).findings;
  }

  /** Monotonic time of the last look at every file of a step, if the step has not been found changed since; -Infinity where there was none. */
  lookedMs(tracked: TrackedStep): number {
    const { name } = tracked.entry;
    const isCurrent = this.#index.get(name) === tracked;
    return (isCurrent ? this.#lookedMs.get(name) : undefined) ?? Number.NEGATIVE_INFINITY;
  }

  #inspectBatch(directory: string, requests: readonly InspectRequest[], start: number): Promise<Looks> {
    return this.#inspect(directory, requests.slice(start, start + BATCH));
  }

  async #inspect(directory: string, requests: readonly InspectRequest[]): Promise<Looks> {
    const [beganMs, wallMs] = [this.#clock.monotonic(), this.#clock.now()];
    const seen = requests.length === 0 ? [] : await this.#files.inspect(directory, requests);
    for (const [at, { name, depth }] of requests.entries()) {
      const found = seen[at];
      const isUnchanged = found?.outcome === 'present' && found.change === null;
      if (!isUnchanged) this.#lookedMs.delete(name);
      else if (depth === 'inventory' || depth === 'full_audit') this.#lookedMs.set(name, beganMs);
    }
    return { seen, beganMs, wallMs };
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
    looks: Looks,
    steps: ReadonlyMap<string, number>,
    rules: ScanRules,
    hinted: Hinted,
    inventories: number,
  ): Promise<{ findings: Findings; taken: number }> {
    const findings = new Map<string, TrackedStep | null>();
    const again: InspectRequest[] = [];
    let taken = 0;
    const consider = (inspection: Inspection, { beganMs, wallMs }: Looks, last: boolean) => {
      const { name } = inspection;
      const step = steps.get(name);
      if (step === undefined) return;
      const known = this.#index.get(name);
      const context = {
        name,
        step,
        known,
        commitMarker: markerOf(rules),
        settleMs: rules.settleMs,
        beganMs,
        wallMs,
        nowMs: this.#clock.monotonic(),
        absentMs: this.#lastBeganMs,
        wasRenamed:
          inspection.outcome === 'present' &&
          this.#sightings.isRenamed(name, inspection.identity, hinted, this.#gone),
      };
      const judgement = judge(context, inspection);
      if (judgement.verdict === 'look_closer') {
        if (!last) again.push(request(name, 'inventory', known?.inventory ?? null, rules));
      } else if (judgement.verdict === 'gone') {
        if (known !== null) findings.set(name, null);
      } else if (!last && taken < inventories && wantsInventory(known, judgement.tracked)) {
        taken += 1;
        again.push(request(name, 'inventory', null, rules));
      } else if (judgement.tracked !== known) {
        findings.set(name, judgement.tracked);
      }
    };
    for (const inspection of looks.seen) consider(inspection, looks, false);
    const closer = await this.#inspect(directory, again);
    for (const inspection of closer.seen) consider(inspection, closer, true);
    this.#note([...looks.seen, ...closer.seen].filter(({ name }) => steps.has(name)));
    return { findings, taken };
  }
}

const NOTHING_HINTED: Hinted = new Map();

function request(
  name: string,
  depth: InspectRequest['depth'],
  known: Inventory | null,
  { commitMarker }: ScanRules,
): InspectRequest {
  return { name, depth, known, commitMarker };
}

/** Null where no file has to mark a finalized step. */
function markerOf({ commitMode, commitMarker }: ScanRules): string | null {
  return commitMode === 'commit_file' ? commitMarker : null;
}

/** A generation that is new, or new to this process: after a restart only its inventory shows what it lost meanwhile. */
function wantsInventory(known: TrackedStep | null, tracked: TrackedStep): boolean {
  const { state, generation } = tracked.entry;
  const isNew = known?.entry.generation !== generation || known.identity === null;
  return state === 'finalized' && tracked.inventory === null && isNew;
}
