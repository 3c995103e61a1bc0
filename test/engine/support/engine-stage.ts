import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { systemClock } from '../../../src/adapters/system-clock.js';
import { ANONYMOUS } from '../../../src/engine/access/principal.js';
import type { Clock } from '../../../src/engine/clock.js';
import type { LeaseDocument } from '../../../src/engine/documents.js';
import type { Engine, EngineView, GrantRequest, GrantResult } from '../../../src/engine/engine.js';
import type { RunOptions } from '../../../src/engine/runs/run-options.js';
import { type EngineSettings, startEngine } from '../../../src/engine/start-engine.js';
import { Trainer } from '../../contract/support/trainer.js';
import { MemoryStorage } from '../../support/memory-store/memory-store.js';
import { Observed } from '../../support/observed.js';
import { openSharedFiles } from '../../support/shared-files.js';
import { type Cleanup, temporaryDirectory } from '../../support/temporary-directory.js';

type Settings = Omit<EngineSettings, 'runs' | 'allowRoots'>;

/** Bounds that no test reaches by accident. */
export const SETTINGS: Settings = {
  maxWaitMs: 300_000,
  maxTtlMs: 86_400_000,
  waits: { all: 100, perToken: null },
  leases: { all: 100, perToken: null },
  streams: { all: 100, perToken: null },
  maxRuns: { all: 100, perToken: null },
  maxConsumers: { all: 100, perToken: null },
  maxLeaseLifeMs: null,
  maxRetainedBytes: null,
  retention: {
    eventsMs: 86_400_000,
    eventsCount: 10_000,
    waitsMs: 86_400_000,
    waitsCount: 10_000,
    endedLeasesMs: 86_400_000,
  },
};

const ANYBODY = { ...ANONYMOUS, name: 'anybody', idempotencyKey: null };
const REQUEST: GrantRequest = {
  step: null,
  until: null,
  timeoutMs: null,
  ttlMs: null,
  holder: null,
  labels: {},
  ignoreSnapshotErrors: false,
  waitId: null,
};

let stages = 0;

/** The engine alone: on a store in memory, a real directory and its trainer, with neither HTTP nor SQLite. One run, `r`. */
export class EngineStage {
  readonly trainer: Trainer;
  readonly storage: MemoryStorage;
  readonly #clock: Clock;
  readonly #settings: Settings;
  #engine: Engine | null = null;
  #observed = new Observed();
  #stop: () => Promise<void> = async () => undefined;

  private constructor(root: string, clock: Clock, settings: Partial<Settings>) {
    this.#settings = { ...SETTINGS, ...settings };
    stages += 1;
    this.trainer = new Trainer(root);
    this.storage = new MemoryStorage(`engine-${String(stages).padStart(4, '0')}`);
    this.#clock = clock;
  }

  static async set(
    test: Cleanup,
    options: Partial<RunOptions> = {},
    clock: Clock = systemClock,
    settings: Partial<Settings> = {},
  ): Promise<EngineStage> {
    const root = join(await temporaryDirectory(test), 'root');
    await mkdir(root);
    const stage = new EngineStage(root, clock, settings);
    test.after(() => stage.#stop());
    await stage.#start();
    await stage.view.runs.put('r', root, options);
    return stage;
  }

  get engine(): Engine {
    if (this.#engine === null) throw new Error('the engine is not started');
    return this.#engine;
  }

  /** The engine as anybody sees it while no token exists. */
  get view(): EngineView {
    return this.engine.as(ANONYMOUS);
  }

  get observed(): Observed {
    return this.#observed;
  }

  /** A path beside the root, under the allow-root. */
  beside(name: string): string {
    return join(dirname(this.trainer.directory), name);
  }

  async restart(): Promise<void> {
    await this.#stop();
    await this.#start();
  }

  /** Saves a step and waits until the engine knows of it. */
  async save(step: number): Promise<void> {
    await this.trainer.save(step);
    await this.observed.next('eventAppended', ({ type, subject }) => {
      return type === 'step.finalized' && subject === String(step);
    });
  }

  /** A request that asks for nothing in particular. */
  readonly request = REQUEST;

  grant(request: Partial<GrantRequest>, signal = new AbortController().signal): Promise<GrantResult> {
    return this.view.leases.grant('r', { ...REQUEST, ...request }, ANYBODY, signal);
  }

  /** A lease that must be granted. */
  async lease(request: Partial<GrantRequest>): Promise<LeaseDocument> {
    const result = await this.grant(request);
    if (!result.granted) throw new Error(`not granted: ${result.wait.reason}`);
    return result.lease;
  }

  async #start(): Promise<void> {
    const store = this.storage.open();
    const files = openSharedFiles();
    const settings = { ...this.#settings, runs: [], allowRoots: [join(this.trainer.directory, '..')] };
    this.#observed = new Observed();
    const { observer } = this.#observed;
    const reader = { run: () => Promise.reject(new Error('these tests read no checkpoint')) };
    const engine = await startEngine({ store, files, clock: this.#clock, observer, reader }, settings);
    this.#engine = engine;
    this.#stop = async () => {
      this.#stop = async () => undefined;
      engine.drain();
      await engine.close();
      await files.close();
      await store.close();
    };
  }
}

/** Matches an error of the engine by its code. */
export function code(expected: string): (error: unknown) => boolean {
  return (error) => error instanceof Error && 'code' in error && error.code === expected;
}
