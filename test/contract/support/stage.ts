import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../../src/engine/clock.js';
import type { EventDocument, LeaseDocument, RunDocument } from '../../../src/engine/documents.js';
import type { EventType } from '../../../src/engine/events/event.js';
import type { Happenings } from '../../../src/engine/observer.js';
import type { AppTools } from '../../../src/server.js';
import { eventually } from '../../support/eventually.js';
import type { FakeClock } from '../../support/fake-clock.js';
import type { Answer } from '../../support/http-client.js';
import type { Observed } from '../../support/observed.js';
import { RunningServer } from '../../support/running-server.js';
import { type Cleanup, temporaryDirectory } from '../../support/temporary-directory.js';
import { type Files, Trainer } from './trainer.js';

export interface StageOptions {
  /** Real time if left out. */
  readonly clock?: Clock;
  /** Body of `PUT /runs/r` beside the directory. */
  readonly run?: Readonly<Record<string, unknown>>;
  /** Allowed beside the temporary directory. */
  readonly allowRoots?: readonly string[];
  /** Settings as on the command line. */
  readonly flags?: Readonly<Record<string, unknown>>;
  readonly around?: NonNullable<AppTools['around']>;
}

/** A call under way, to be awaited or hung up. */
export interface PendingAnswer extends Promise<Answer> {
  hangUp(): void;
}

interface Call {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A running server with one run, `r`, in a temporary directory, and a trainer that writes into it. */
export class Stage {
  readonly trainer: Trainer;
  readonly #home: string;
  readonly #server: RunningServer;
  readonly #options: StageOptions;

  private constructor(home: string, server: RunningServer, options: StageOptions) {
    this.#home = home;
    this.#server = server;
    this.#options = options;
    this.trainer = new Trainer(join(home, 'root'));
  }

  static async set(test: Cleanup, options: StageOptions = {}): Promise<Stage> {
    const home = await temporaryDirectory(test);
    const { allowRoots = [], run, ...others } = options;
    const flags = { allow_root: [home, ...allowRoots], ...options.flags };
    const server = await RunningServer.start(test, { ...others, flags });
    const stage = new Stage(home, server, options);
    await mkdir(stage.root);
    const { status, body } = await stage.configure(run);
    assert.equal(status, 201, JSON.stringify(body));
    return stage;
  }

  /** What the server told its observer since it was started last. */
  get observed(): Observed {
    return this.#server.observed;
  }

  get databaseFile(): string {
    return this.#server.databaseFile;
  }

  get origin(): string {
    return this.#server.base;
  }

  /** The run's directory. */
  get root(): string {
    return this.trainer.directory;
  }

  /** A path beside the root, under the allow-root. */
  beside(name: string): string {
    return join(this.#home, name);
  }

  start(): Promise<void> {
    return this.#server.begin();
  }

  stop(): Promise<void> {
    return this.#server.stop();
  }

  /** Stops, lets the test change what is on disk and in the database, and starts again. */
  async restart(meanwhile: () => void | Promise<void> = () => undefined): Promise<void> {
    await this.stop();
    await meanwhile();
    await this.start();
  }

  /** Waits for the next event of a type, of those appended since the start; what happened already counts. */
  async event(type: EventType, subject?: string): Promise<void> {
    const fits = (seen: { type: EventType; subject: string }) =>
      seen.type === type && (subject === undefined || seen.subject === subject);
    await this.observed.next('eventAppended', fits);
  }

  /** Lets minutes pass until something of a kind was removed by retention, which looks once in a minute. */
  async pruned(clock: FakeClock, kind: Happenings['retentionPruned']['what']): Promise<void> {
    const isPruned = async () => {
      if (this.observed.all('retentionPruned').some(({ what }) => what === kind)) return true;
      clock.advance(60_000);
      await this.get('/livez');
      return false;
    };
    assert.ok(await eventually(isPruned), `no ${kind} were pruned`);
  }

  /** Waits until so many timers run on the server's clock: what is to wait for them waits. */
  async timersSet(clock: FakeClock, count: number): Promise<void> {
    assert.ok(await eventually(() => clock.pendingTimers >= count), `fewer than ${count} timers`);
  }

  /** Waits until the server has looked at the directory anew. */
  async scanned(): Promise<void> {
    const { status } = await this.configure(this.#options.run);
    assert.equal(status, 200);
  }

  /** Saves a step and waits until the server knows of it. */
  async save(step: number | string, files?: Files): Promise<void> {
    await this.trainer.save(step, files);
    // The pause after a hint is never over on a clock that stands still.
    if (this.#options.clock !== undefined) await this.scanned();
    await this.event('step.finalized', String(step));
  }

  call(method: string, path: string, options: Call = {}): PendingAnswer {
    const hungUp = new AbortController();
    const answer = this.#server.call(method, path, { ...options, signal: hungUp.signal });
    // A test that hangs up need not await it.
    answer.catch(() => undefined);
    return Object.assign(answer, { hangUp: () => hungUp.abort() });
  }

  get(path: string): PendingAnswer {
    return this.call('GET', path);
  }

  post(path: string, body: unknown = {}): PendingAnswer {
    return this.call('POST', path, { body });
  }

  configure(run: Readonly<Record<string, unknown>> = {}): PendingAnswer {
    return this.call('PUT', '/runs/r', { body: { directory: this.root, ...run } });
  }

  grant(body: unknown = {}, key?: string): PendingAnswer {
    const headers = key === undefined ? {} : { 'idempotency-key': key };
    return this.call('POST', '/leases?run=r', { body, headers });
  }

  /** A lease that must be granted. */
  async lease(body: unknown = {}, key?: string): Promise<LeaseDocument> {
    const answer = await this.grant(body, key);
    assert.equal(answer.status, 201, JSON.stringify(answer.body));
    return asLease(answer);
  }

  renew(lease: LeaseDocument, body: unknown = {}): PendingAnswer {
    return this.post(`/leases/${lease.id}/renew`, body);
  }

  release(lease: LeaseDocument): PendingAnswer {
    return this.call('DELETE', `/leases/${lease.id}`);
  }

  async show(lease: LeaseDocument): Promise<LeaseDocument> {
    return asLease(await this.get(`/leases/${lease.id}`));
  }

  async run(): Promise<RunDocument> {
    const { body } = await this.get('/runs/r');
    return body;
  }

  /** All events so far, the oldest first. */
  async events(query = ''): Promise<readonly EventDocument[]> {
    const { status, body } = await this.get(`/events?${query}`);
    assert.equal(status, 200, JSON.stringify(body));
    return body.items;
  }

  /** Types of all events so far, with their subjects: `lease.granted 1`. */
  async history(query = ''): Promise<readonly string[]> {
    return (await this.events(query)).map(({ type, subject }) => `${type} ${subject}`);
  }
}

export function asLease({ body }: Answer): LeaseDocument {
  return body;
}

/** Checks that a problem document came, of this status and code, and gives it. */
export function problem(answer: Answer, status: number, code: string): Answer['body'] {
  assert.deepEqual(
    { status: answer.status, code: answer.body['code'] },
    { status, code },
    JSON.stringify(answer.body),
  );
  return answer.body;
}

/** A server with step 100, and a lease on it. */
export async function leased(
  t: Cleanup,
  options: StageOptions = {},
): Promise<{ stage: Stage; lease: LeaseDocument }> {
  const stage = await Stage.set(t, options);
  await stage.save(100);
  return { stage, lease: await stage.lease({ step: 100 }) };
}
