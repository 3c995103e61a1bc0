import { RunGlobs } from '../access/run-globs.js';
import type { StepCatalog } from '../catalog/step-catalog.js';
import { EngineError } from '../errors.js';
import type { Holdings } from '../holdings/holdings.js';
import type { LeaseRecord } from '../holdings/lease.js';
import type { SnapshotRecord } from '../holdings/snapshot.js';
import { type LeaseTerms, leaseEnded } from '../leases/lease-terms.js';
import type { TrackedStep } from '../steps/tracked-step.js';
import { stepNotFound } from '../watch/run-errors.js';
import type { LiveRun, RunRegistry } from '../watch/run-registry.js';

/** Which bytes are read for a request, and what they belong to. */
export interface ReadingPlace {
  readonly run: string;
  readonly step: number;
  readonly directory: string;
  /** Null: what is read may change, so its answer is not kept. */
  readonly generation: string | null;
  /** Called before anything is read. */
  prepare(): Promise<void>;
  /**
   * Called when all was read. What was deleted meanwhile may have been read in part, and such an answer, or such a complaint, is worth
   * nothing.
   *
   * @throws EngineError, or `PlaceMoved`.
   */
  confirm(): Promise<void>;
}

/** The bytes are no longer there, and may be at another place: look it up again. */
export class PlaceMoved extends Error {}

export interface ReadingPlacesPorts {
  readonly catalog: StepCatalog;
  readonly registry: RunRegistry;
  readonly holdings: Holdings;
  readonly terms: LeaseTerms;
}

/** Finds where a checkpoint is read: under a lease its snapshot; else a live snapshot, which nobody deletes, before the original. */
export class ReadingPlaces {
  readonly #ports: ReadingPlacesPorts;

  constructor(ports: ReadingPlacesPorts) {
    this.#ports = ports;
  }

  async ofLease(lease: LeaseRecord): Promise<ReadingPlace> {
    const { terms, registry } = this.#ports;
    const { run, step, generation, snapshotId, path: directory } = lease;
    if (lease.state !== 'active') throw leaseEnded(lease);
    const stillActive = async () => {
      if (terms.timeLeft(lease) === null) throw leaseEnded(await terms.find(lease.id, RunGlobs.only(run)));
    };
    if (snapshotId !== null) {
      const confirm = async () => {
        await terms.audit(lease);
        await stillActive();
      };
      return { run, step, directory, generation, prepare: async () => undefined, confirm };
    }
    // Nothing is protected: the original is read, as long as it is there.
    const live = registry.get(run);
    const tracked = live.run.index.byGeneration(generation);
    if (tracked?.entry.state !== 'finalized') throw stepGone(step);
    const original = new Original(live, tracked, step, false);
    return { ...original.place, confirm: () => original.confirm().then(stillActive) };
  }

  /**
   * @param isPartial whether one of which something is missing will do.
   * @throws EngineError `step_not_found`, after a fresh scan.
   */
  async ofStep(live: LiveRun, step: number | 'latest', isPartial: boolean): Promise<ReadingPlace> {
    const known = await this.#ports.catalog.find(live, step);
    const place = await this.#ofTracked(live, known, isPartial);
    if (place !== null) return place;
    // A "no" comes only after a fresh scan.
    await live.watcher.scan();
    const fresh = await this.#ofTracked(live, await this.#ports.catalog.find(live, step), isPartial);
    if (fresh === null) throw stepNotFound(live, step);
    return fresh;
  }

  async #ofTracked(live: LiveRun, known: TrackedStep, isPartial: boolean): Promise<ReadingPlace | null> {
    const tracked = await examined(live, known);
    const { step, generation, state, name } = tracked?.entry ?? known.entry;
    if (tracked === null || step === null) return null;
    const snapshot = generation === null ? null : this.#ports.holdings.snapshot(live.run.name, generation);
    if (snapshot !== null) return this.#ofSnapshot(snapshot);
    if (state === 'finalized') return new Original(live, tracked, step, isPartial).place;
    if (state !== 'deleting' || !isPartial) return null;
    const directory = `${live.run.realPath}/${name}`;
    const nothing = async () => undefined;
    return { run: live.run.name, step, directory, generation: null, prepare: nothing, confirm: nothing };
  }

  #ofSnapshot(snapshot: SnapshotRecord): ReadingPlace {
    const { run, step, generation, path: directory, id } = snapshot;
    const confirm = async () => {
      if (this.#ports.holdings.snapshot(run, generation)?.id !== id) throw new PlaceMoved();
    };
    return { run, step, directory, generation, prepare: async () => undefined, confirm };
  }
}

/** A step in the trainer's hands, who may delete it at any moment. */
class Original {
  readonly #live: LiveRun;
  readonly #step: number;
  readonly #isPartial: boolean;
  #tracked: TrackedStep;

  constructor(live: LiveRun, tracked: TrackedStep, step: number, isPartial: boolean) {
    this.#live = live;
    this.#tracked = tracked;
    this.#step = step;
    this.#isPartial = isPartial;
  }

  get place(): ReadingPlace {
    const { name, generation } = this.#tracked.entry;
    return {
      run: this.#live.run.name,
      step: this.#step,
      directory: `${this.#live.run.realPath}/${name}`,
      generation,
      prepare: () => this.#prepare(),
      confirm: () => this.confirm(),
    };
  }

  async confirm(): Promise<void> {
    const { run, watcher } = this.#live;
    if (await watcher.isWhole(this.#tracked)) return;
    const { name, generation } = this.#tracked.entry;
    const isLeft = generation !== null && run.index.get(name)?.entry.generation === generation;
    if (!(this.#isPartial && isLeft)) throw stepGone(this.#step);
  }

  /** With an inventory it can be told afterwards whether anything went missing meanwhile. */
  async #prepare(): Promise<void> {
    const { entry, inventory } = this.#tracked;
    if (inventory !== null) return;
    await this.#live.watcher.examine(entry.name);
    const now = this.#live.run.index.get(entry.name);
    if (now?.entry.state !== 'finalized' || now.entry.generation !== entry.generation) throw new PlaceMoved();
    this.#tracked = now;
  }
}

/** One among thousands that was not looked at yet has no generation; one from before a restart has not been seen since. */
async function examined(live: LiveRun, tracked: TrackedStep): Promise<TrackedStep | null> {
  const { entry, identity } = tracked;
  if (entry.state !== 'finalized' || (identity !== null && entry.generation !== null)) return tracked;
  await live.watcher.examine(entry.name);
  return live.run.index.get(entry.name);
}

function stepGone(step: number): EngineError {
  return new EngineError('step_gone', `step ${step} was deleted while it was read`, {
    hint: 'take a lease first: its path stays whole, and ?lease= reads it',
  });
}
