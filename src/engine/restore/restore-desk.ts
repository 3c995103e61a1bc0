import type { RestoreArgsQuery } from '../engine.js';
import { EngineError } from '../errors.js';
import type { Interrupt } from '../signals/interrupt.js';
import { shuttingDown } from '../signals/wait-scope.js';
import type { LiveRun } from '../watch/run-registry.js';
import type { VisibleRuns } from '../watch/visible-runs.js';
import { AnswerStore } from './answer-store.js';
import type { CheckpointReader, RestoreAnswer, RestoreTask } from './checkpoint-reader.js';
import { isWhole, type JsonBytes, withFields } from './json-bytes.js';
import { PlaceMoved, type ReadingPlace, ReadingPlaces, type ReadingPlacesPorts } from './reading-place.js';
import { RestoreError } from './restore-error.js';

const CACHED_BYTES = 32 * 1024 * 1024;
/** They are read one after the other: whoever comes later had better come back. */
const MAX_UNDER_WAY = 64;

export interface RestoreDeskPorts extends ReadingPlacesPorts {
  readonly reader: CheckpointReader;
  readonly shutdown: Interrupt;
}

/** Answers what a checkpoint contains: restore args, and whether it is whole. Restore args are kept, by generation. */
export class RestoreDesk {
  readonly #ports: RestoreDeskPorts;
  readonly #places: ReadingPlaces;
  readonly #answers = new AnswerStore(CACHED_BYTES);
  #underWay = 0;

  constructor(ports: RestoreDeskPorts) {
    this.#ports = ports;
    this.#places = new ReadingPlaces(ports);
  }

  args(query: RestoreArgsQuery, runs: VisibleRuns): Promise<JsonBytes> {
    const { item, setGlobalShape, strict } = query;
    return this.#at(
      () => this.#placeOf(query, runs),
      async (place) => {
        const { run, step, generation, directory } = place;
        const ask = () =>
          this.#read(place, { kind: 'restore_args', directory, item, setGlobalShape, strict });
        const key =
          generation === null ? null : JSON.stringify([run, generation, item, setGlobalShape, strict]);
        const answer = await (key === null ? ask() : this.#answers.get(key, directory, ask));
        return withFields({ run, step, item: answer.item }, answer.json);
      },
    );
  }

  verify(live: LiveRun, step: number | 'latest'): Promise<JsonBytes> {
    return this.#at(
      () => this.#places.ofStep(live, step, true),
      async (place) => {
        const answer = await this.#read(place, { kind: 'verify', directory: place.directory });
        return withFields({ run: place.run, step: place.step }, answer.json);
      },
    );
  }

  async construct(body: Uint8Array): Promise<JsonBytes> {
    try {
      return (await this.#run({ kind: 'construct', body })).json;
    } catch (error) {
      // No checkpoint is read: what ends the reader is the size of the target.
      if (error instanceof RestoreError && error.code === 'metadata_unreadable')
        throw new EngineError('payload_too_large', `the target is larger than can be read: ${error.detail}`);
      throw engineErrorOf(error);
    }
  }

  async #placeOf({ run, step, lease: id }: RestoreArgsQuery, runs: VisibleRuns): Promise<ReadingPlace> {
    if (id === null) return this.#places.ofStep(runs.get(run ?? ''), step ?? 'latest', false);
    const lease = await this.#ports.terms.find(id, runs.sight);
    const wrong =
      run !== null && run !== lease.run
        ? `"run" is ${run}, but the lease is of run ${lease.run}`
        : step !== null && step !== lease.step
          ? `"step" is ${step}, but the lease is of step ${lease.step}`
          : null;
    if (wrong !== null) {
      throw new EngineError('invalid_request', `query parameter ${wrong}`, {
        hint: 'leave out run and step: a lease is for one step of one run',
      });
    }
    return this.#places.ofLease(lease);
  }

  async #at<T>(find: () => Promise<ReadingPlace>, ask: (place: ReadingPlace) => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await ask(await find());
      } catch (error) {
        if (!(error instanceof PlaceMoved)) throw error;
      }
    }
  }

  async #run(task: RestoreTask): Promise<RestoreAnswer> {
    if (this.#underWay >= MAX_UNDER_WAY) {
      throw new EngineError('overloaded', `${MAX_UNDER_WAY} checkpoints are waiting to be read already`);
    }
    this.#underWay += 1;
    try {
      // A read from a filesystem that does not answer must not hold up the end.
      const answer = await this.#ports.shutdown.unless(this.#ports.reader.run(task));
      if (answer === null) throw shuttingDown();
      return answer;
    } finally {
      this.#underWay -= 1;
    }
  }

  async #read(place: ReadingPlace, task: RestoreTask): Promise<RestoreAnswer> {
    await place.prepare();
    try {
      const answer = await this.#run(task);
      await confirmFor(answer, place);
      return answer;
    } catch (error) {
      if (error instanceof RestoreError) await place.confirm();
      throw engineErrorOf(error);
    }
  }
}

/** A stream that nobody will take is closed. */
async function confirmFor({ json }: RestoreAnswer, place: ReadingPlace): Promise<void> {
  try {
    await place.confirm();
  } catch (error) {
    if (!isWhole(json)) json.close();
    throw error;
  }
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
