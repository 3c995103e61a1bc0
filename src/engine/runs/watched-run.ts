import type { Clock } from '../clock.js';
import type { EventType } from '../events/event.js';
import type { Changes, EventLog } from '../events/event-log.js';
import type { Holdings } from '../holdings/holdings.js';
import type { JsonObject } from '../json.js';
import type { CommitMode } from '../steps/commit-marker.js';
import { diff, type StepChange } from '../steps/diff.js';
import type { Findings } from '../steps/findings.js';
import type { StepEntry } from '../steps/step.js';
import { describeStep } from '../steps/step-document.js';
import { StepIndex } from '../steps/step-index.js';
import { restored } from '../steps/tracked-step.js';
import type { Transaction } from '../store.js';
import { DepartedGenerations } from './departed-generations.js';
import type { RunRecord } from './run.js';
import type { Availability } from './run-state.js';

export interface WatchStatus {
  readonly mode: 'events' | 'poll';
  /** Events were wanted and cannot be had: the run is polled. */
  readonly degraded: string | null;
  readonly lastScanAt: number | null;
  readonly scans: number;
}

export interface RunContext {
  readonly log: EventLog;
  readonly clock: Clock;
  readonly holdings: Holdings;
}

/** One run in memory: its record, its index, and how its directory is. Everything that changes it goes through the event log. */
export class WatchedRun {
  readonly index = new StepIndex();
  readonly #context: RunContext;
  readonly #departed = new DepartedGenerations();
  #record: RunRecord;
  #availability: Availability = 'unknown';
  #reason: string | null = null;
  /** Of the log when the run began to be watched. */
  readonly #startPosition: number;
  /** What the filesystem says; null until the directory was located. */
  commitMode: CommitMode = 'atomic_rename';
  realPath: string;
  /** Plain files of the last listing whose names end in a number. */
  numberedFiles: readonly string[] = [];
  watch: WatchStatus;

  constructor(record: RunRecord, context: RunContext, entries: readonly StepEntry[]) {
    this.#record = record;
    this.#context = context;
    this.#startPosition = context.log.position;
    this.realPath = record.directory;
    this.watch = {
      mode: record.options.watch === 'poll' ? 'poll' : 'events',
      degraded: null,
      lastScanAt: null,
      scans: 0,
    };
    for (const entry of entries) this.index.set(entry.name, restored(entry));
  }

  get name(): string {
    return this.#record.name;
  }

  get record(): RunRecord {
    return this.#record;
  }

  get availability(): Availability {
    return this.#availability;
  }

  /** Why the directory is not available; null while it is. */
  get reason(): string | null {
    return this.#reason;
  }

  get finished(): boolean {
    return this.#record.finishedAt !== null;
  }

  /** Position in the log of the newest event of this run that memory reflects. */
  get position(): number {
    return Math.max(this.#startPosition, this.#context.log.positionOf(this.name));
  }

  /** Where a list of this run's steps stands in the event log: all events of this run up to it are in the list. */
  get cursor(): string {
    const { log } = this.#context;
    return log.cursor(Math.max(this.position, log.floor));
  }

  /** Changes whenever the documents of the run's steps do. */
  get version(): string {
    return `${this.cursor}-${this.index.revision}`;
  }

  async setAvailability(
    availability: Availability,
    reason: string | null,
    describe: () => JsonObject,
  ): Promise<void> {
    if (availability === this.#availability && reason === this.#reason) return;
    const type = availabilityEvent(this.#availability, availability, this.#record.unavailableSince !== null);
    const apply = () => {
      this.#availability = availability;
      this.#reason = reason;
    };
    if (type === null) return apply();
    const unavailableSince = type === 'run.available' ? null : this.#context.clock.now();
    await this.change({ ...this.#record, unavailableSince }, type, { ...describe(), reason }, apply);
  }

  /** Commits what a scan found, and tells of it. */
  async take(findings: Findings): Promise<readonly StepChange[]> {
    const known = new Map<string, StepEntry>();
    for (const name of findings.keys()) {
      const tracked = this.index.get(name);
      if (tracked !== null) known.set(name, tracked.entry);
    }
    const changes = diff(known, entriesOf(findings));
    const apply = () => {
      for (const [name, tracked] of findings) this.index.set(name, tracked);
    };
    if (!changes.some(isMemorable)) {
      apply();
      return changes;
    }
    const reopened = this.finished && changes.some((change) => this.#isNew(change));
    const reopen = (): RunRecord => ({ ...this.#record, finishedAt: null, finishReason: null });
    await this.#context.log.commit(async (tx, commit) => {
      const toldBefore = await persist(tx, this.name, changes);
      for (const change of changes) if (!toldBefore.has(change.name)) this.#tell(commit, change);
      commit.apply(() => {
        apply();
        for (const { before, after } of changes)
          if (hasGeneration(before) && !hasGeneration(after)) this.#departed.add(before.generation);
        if (reopened) this.#record = reopen();
      });
      if (!reopened) return;
      await tx.runs.put(reopen());
      this.#emit(commit, 'run.reopened', { reason: 'a step was finalized after the run was finished' });
    });
    return changes;
  }

  /** Not so when a directory that was away comes back: what is in it was finalized before. */
  #isNew({ event, after }: StepChange): boolean {
    return event === 'step.finalized' && hasGeneration(after) && !this.#departed.has(after.generation);
  }

  /** Stores a changed record, with the event that tells of it, if any. */
  async change(
    record: RunRecord,
    type: EventType | null,
    data: JsonObject = {},
    apply: () => void = () => undefined,
  ): Promise<void> {
    await this.#context.log.commit(async (tx, changes) => {
      await tx.runs.put(record);
      if (type !== null) this.#emit(changes, type, data);
      changes.apply(() => {
        this.#record = record;
        apply();
      });
    });
  }

  /** Tells of something that changes no record. */
  async tell(type: EventType, data: JsonObject): Promise<void> {
    await this.#context.log.commit(async (_tx, changes) => this.#emit(changes, type, data));
  }

  #emit({ emit }: Changes, type: EventType, data: JsonObject): void {
    emit({ run: this.name, type, subject: this.name, time: this.#context.clock.now(), data });
  }

  #tell({ emit }: Changes, change: StepChange): void {
    if (change.event === null) return;
    const entry = change.after ?? deleted(change.before);
    if (entry === null) return;
    const document = describeStep(this, entry, this.#context.holdings);
    const data =
      change.previousGeneration === null
        ? document
        : { ...document, previous_generation: change.previousGeneration };
    emit({
      run: this.name,
      type: change.event,
      subject: entry.name,
      time: this.#context.clock.now(),
      data: { ...data },
    });
  }
}

function deleted(before: StepEntry | null): StepEntry | null {
  return before === null
    ? null
    : { ...before, state: 'deleting', reason: 'it is no longer in the directory' };
}

function* entriesOf(findings: Findings): Iterable<readonly [string, StepEntry | null]> {
  for (const [name, tracked] of findings) yield [name, tracked?.entry ?? null];
}

/** Only savings that were final are remembered, for a restart must know them again; the rest is what the next scan finds anyway. */
function isMemorable({ before, after, event }: StepChange): boolean {
  return event !== null || hasGeneration(before) || hasGeneration(after);
}

/** Gives the names that were to be removed and had no row any more. */
async function persist(
  tx: Transaction,
  run: string,
  changes: readonly StepChange[],
): Promise<ReadonlySet<string>> {
  const kept = changes.map(({ after }) => after).filter(hasGeneration);
  const dropped = changes.filter(({ before, after }) => hasGeneration(before) && !hasGeneration(after));
  if (kept.length > 0) await tx.steps.put(run, kept);
  if (dropped.length === 0) return new Set();
  const names = dropped.map(({ name }) => name);
  const removed = new Set(await tx.steps.remove(run, names));
  return new Set(names.filter((name) => !removed.has(name)));
}

function hasGeneration(entry: StepEntry | null): entry is StepEntry & { readonly generation: string } {
  return entry !== null && entry.generation !== null;
}

/** What to tell of a change. The first scan after a start compares with what was told before the stop. */
function availabilityEvent(
  before: Availability,
  after: Availability,
  wasToldUnavailable: boolean,
): EventType | null {
  if (before === 'unknown') {
    if (after === 'available') return wasToldUnavailable ? 'run.available' : null;
    return after === 'unavailable' && !wasToldUnavailable ? 'run.unavailable' : null;
  }
  if (after === 'available') return 'run.available';
  return before === 'available' || before !== after ? 'run.unavailable' : null;
}
