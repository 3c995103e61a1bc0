import type { JsonBytes, RestoreArgsQuery } from '../engine.js';
import { EngineError } from '../errors.js';
import { type LeaseTerms, leaseEnded } from '../leases/lease-terms.js';
import { stepNotFound } from '../runs/run-errors.js';
import type { LiveRun, RunRegistry } from '../runs/run-registry.js';
import type { StepCatalog } from '../steps/step-catalog.js';
import type { Holdings } from '../steps/step-document.js';
import type { TrackedStep } from '../steps/tracked-step.js';
import { AnswerStore } from './answer-store.js';
import type { CheckpointReader, RestoreAnswer, RestoreTask } from './checkpoint-reader.js';
import { RestoreError } from './restore-error.js';

const CACHED_BYTES = 32 * 1024 * 1024;

export interface RestoreDeskPorts {
  readonly reader: CheckpointReader;
  readonly catalog: StepCatalog;
  readonly registry: RunRegistry;
  readonly holdings: Holdings;
  readonly terms: LeaseTerms;
}

/** Which bytes are read for a request, and what they belong to. */
interface Place {
  readonly run: string;
  readonly step: number;
  readonly directory: string;
  /** Null: what is read may change, so its answer is not kept. */
  readonly generation: string | null;
  /** Whether it still is there after reading failed. */
  readonly isWhole: () => Promise<boolean>;
}

/**
 * Answers what a checkpoint contains: restore args, and whether it is whole. With a lease its snapshot is read; otherwise a live
 * snapshot of the step's generation rather than the original, which may be deleted at any moment.
 */
export class RestoreDesk {
  readonly #ports: RestoreDeskPorts;
  readonly #answers = new AnswerStore(CACHED_BYTES);

  constructor(ports: RestoreDeskPorts) {
    this.#ports = ports;
  }

  async args(query: RestoreArgsQuery): Promise<JsonBytes> {
    const { item, setGlobalShape, strict } = query;
    const place =
      query.lease === null
        ? await this.#ofStep(query.run, query.step ?? 'latest')
        : await this.#ofLease(query.lease);
    const ask = () =>
      this.#read(place, { kind: 'restore_args', directory: place.directory, item, setGlobalShape, strict });
    const { run, step, generation } = place;
    const key = JSON.stringify([run, generation, item, setGlobalShape, strict]);
    const answer = await (generation === null ? ask() : this.#answers.get(key, ask));
    return prefixed({ run, step, item: answer.item }, answer);
  }

  async verify(run: string, step: number | 'latest'): Promise<JsonBytes> {
    const place = await this.#ofStep(run, step);
    const answer = await this.#read(place, { kind: 'verify', directory: place.directory });
    return prefixed({ run: place.run, step: place.step }, answer);
  }

  async construct(body: Uint8Array): Promise<JsonBytes> {
    try {
      return (await this.#ports.reader.run({ kind: 'construct', body })).json;
    } catch (error) {
      throw engineErrorOf(error);
    }
  }

  async #read(place: Place, task: RestoreTask): Promise<RestoreAnswer> {
    try {
      return await this.#ports.reader.run(task);
    } catch (error) {
      if (error instanceof RestoreError && !(await place.isWhole())) {
        throw new EngineError('step_gone', `step ${place.step} was deleted while it was read`, {
          hint: 'take a lease first: its path stays whole, and ?lease= reads it',
        });
      }
      throw engineErrorOf(error);
    }
  }

  async #ofLease(id: string): Promise<Place> {
    const lease = await this.#ports.terms.find(id);
    if (lease.state !== 'active') throw leaseEnded(lease);
    const { run, step, generation, path, snapshotId } = lease;
    const isWhole = async () => this.#ports.terms.remainingMs(lease) !== null;
    return { run, step, directory: path, generation: snapshotId === null ? null : generation, isWhole };
  }

  async #ofStep(name: string, step: number | 'latest'): Promise<Place> {
    const live = this.#ports.registry.get(name);
    const tracked = await this.#ports.catalog.find(live, step);
    const { entry } = tracked;
    if (entry.step === null || entry.state === 'temporary') throw stepNotFound(live, step);
    const snapshot = entry.generation === null ? null : this.#ports.holdings.snapshot(name, entry.generation);
    const place = {
      run: name,
      step: entry.step,
      generation: entry.state === 'finalized' ? entry.generation : null,
    };
    if (snapshot !== null) return { ...place, directory: snapshot.path, isWhole: async () => true };
    return {
      ...place,
      directory: `${live.run.realPath}/${entry.name}`,
      isWhole: () => isThere(live, tracked),
    };
  }
}

/** A step that was damaged before it was read is damaged; one that loses files while it is read is gone. */
async function isThere(live: LiveRun, tracked: TrackedStep): Promise<boolean> {
  return tracked.entry.state !== 'finalized' || (await live.watcher.isWhole(tracked));
}

/** Puts fields in front of an answer's own, without parsing it. */
function prefixed(fields: object, { json }: RestoreAnswer): JsonBytes {
  const [first = new Uint8Array(), ...rest] = json;
  const head = new TextEncoder().encode(`${JSON.stringify(fields).slice(0, -1)},`);
  return [head, first.subarray(1), ...rest];
}

function engineErrorOf(error: unknown): unknown {
  if (!(error instanceof RestoreError)) return error;
  const { code, message, file, offset } = error;
  const fields = { ...(file === undefined ? {} : { file }), ...(offset === undefined ? {} : { offset }) };
  return new EngineError(code, message, { fields, cause: error, ...hintOf(code) });
}

function hintOf(code: RestoreError['code']): { hint?: string } {
  if (code === 'item_required') return { hint: 'add ?item=NAME' };
  if (code === 'metadata_unreadable')
    return { hint: 'GET /steps/{step}/verify tells what else is wrong with the checkpoint' };
  return {};
}
