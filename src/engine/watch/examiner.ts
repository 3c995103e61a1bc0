import type { Clock } from '../clock.js';
import type { FileSystem } from '../file-system.js';
import type { Inspection, InspectRequest, Inventory } from '../inspection.js';
import type { NameRules } from '../steps/classification.js';
import type { Findings } from '../steps/findings.js';
import { judge } from '../steps/judgement.js';
import type { StepIndex } from '../steps/step-index.js';
import type { TrackedStep } from '../steps/tracked-step.js';
import { type HintedName, Sightings } from './sightings.js';

/** What one call showed of several entries. */
export interface Looks {
  readonly seen: readonly Inspection[];
  /** Monotonic time and milliseconds since the epoch at which it began. */
  readonly beganMs: number;
  readonly wallMs: number;
}

export type Hinted = ReadonlyMap<string, HintedName>;

export interface ScanRules extends NameRules {
  /** Name of the file that marks a finished step in commit mode `commit_file`. */
  readonly commitMarker: string;
  /** How long content that nothing shows to be complete must stay unchanged. */
  readonly settleMs: number;
}

/**
 * Looks inside the directories of one root and judges what they are. Remembers what earlier looks showed: which directory stood under which name,
 * when all of a step's files were looked at, and when the root was scanned.
 */
export class Examiner {
  readonly #files: FileSystem;
  readonly #clock: Clock;
  readonly #index: StepIndex;
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

  /** Another directory under the same path was never looked at, whatever was known of the one before. */
  meet(identity: string): void {
    if (identity === this.#rootIdentity) return;
    this.#rootIdentity = identity;
    this.#lastBeganMs = Number.NEGATIVE_INFINITY;
    this.#sightings = new Sightings();
  }

  /**
   * A scan of the root is complete.
   *
   * @param names all directories of the root: the others are forgotten; null: they are as they were.
   */
  scanned(beganMs: number, names: readonly string[] | null): void {
    this.#gone.clear();
    this.#lastBeganMs = beganMs;
    if (names === null) return;
    const present = new Set(names);
    this.#sightings.keep(present);
    for (const name of this.#lookedMs.keys()) if (!present.has(name)) this.#lookedMs.delete(name);
  }

  /** Monotonic time of the last look at every file of a step, if the step has not been found changed since; -Infinity where there was none. */
  lookedMs(tracked: TrackedStep): number {
    const { name } = tracked.entry;
    const isCurrent = this.#index.get(name) === tracked;
    return (isCurrent ? this.#lookedMs.get(name) : undefined) ?? Number.NEGATIVE_INFINITY;
  }

  async look(directory: string, requests: readonly InspectRequest[]): Promise<Looks> {
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

  /** Remembers to which directories names led. */
  note(seen: readonly Inspection[]): void {
    for (const { name, ...inspection } of seen) {
      if (inspection.outcome === 'gone') this.#gone.add(name);
      else this.#gone.delete(name);
      if (inspection.outcome === 'present') this.#sightings.note(name, inspection.identity);
      else if (inspection.outcome === 'irregular') this.#sightings.note(name, null);
    }
  }

  /**
   * What looks at steps show, after a closer look where one is needed.
   *
   * @param inventories how many of them may have their inventory taken although the look itself decided.
   */
  async judge(
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
    const closer = await this.look(directory, again);
    for (const inspection of closer.seen) consider(inspection, closer, true);
    this.note([...looks.seen, ...closer.seen].filter(({ name }) => steps.has(name)));
    return { findings, taken };
  }
}

export function request(
  name: string,
  depth: InspectRequest['depth'],
  known: Inventory | null,
  { commitMarker }: ScanRules,
): InspectRequest {
  return { name, depth, known, commitMarker };
}

/** Null where no file has to mark a finalized step. */
export function markerOf({ commitMode, commitMarker }: ScanRules): string | null {
  return commitMode === 'commit_file' ? commitMarker : null;
}

/** A generation that is new, or new to this process: after a restart only its inventory shows what it lost meanwhile. */
function wantsInventory(known: TrackedStep | null, tracked: TrackedStep): boolean {
  const { state, generation } = tracked.entry;
  const isNew = known?.entry.generation !== generation || known.identity === null;
  return state === 'finalized' && tracked.inventory === null && isNew;
}
