import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { pino } from 'pino';
import { systemClock } from '../../src/adapters/system-clock.js';
import { startApp } from '../../src/app.js';
import { loadConfig } from '../../src/config/config.js';
import type { Clock } from '../../src/engine/clock.js';
import type { App, AppTools } from '../../src/server.js';
import { HttpClient } from './http-client.js';
import { Observed } from './observed.js';
import { temporaryFolder } from './temporary-folder.js';

export interface ServerOptions {
  /** Settings by their names, as flags give them. */
  readonly flags?: Readonly<Record<string, unknown>>;
  readonly clock?: Clock;
  readonly around?: NonNullable<AppTools['around']>;
}

/** The real service in this process, on a free port and a database of its own; it ends with the test. */
export class RunningServer extends HttpClient {
  readonly folder: string;
  readonly databaseFile: string;
  observed = new Observed();
  #app: App | null = null;
  readonly #options: ServerOptions;

  private constructor(folder: string, options: ServerOptions) {
    super();
    this.folder = folder;
    this.databaseFile = join(folder, 'steplease.db');
    this.#options = options;
  }

  static async start(test: TestContext, options: ServerOptions = {}): Promise<RunningServer> {
    const server = new RunningServer(temporaryFolder(test), options);
    test.after(() => server.stop());
    await server.begin();
    return server;
  }

  /** Starts (again) on the same database; `flags` replace single settings. */
  async begin(flags: Readonly<Record<string, unknown>> = {}): Promise<void> {
    this.observed = new Observed();
    const given = { port: '0', db: this.databaseFile, ...this.#options.flags, ...flags };
    const { config } = loadConfig(given, { environment: {} });
    const clock = this.#options.clock ?? systemClock;
    const logger = pino({ level: 'silent' });
    const around = this.#options.around ?? {};
    this.#app = await startApp(config, { clock, observer: this.observed.observer, logger, around });
    const { port } = await this.#app.listen();
    this.base = `http://127.0.0.1:${port}`;
  }

  /** Stops as SIGTERM does. */
  async stop(): Promise<void> {
    const app = this.#app;
    this.#app = null;
    await app?.drain();
    await app?.close();
  }

  /** Only the first half of stopping: whoever waits is answered. */
  async drain(): Promise<void> {
    await this.#app?.drain();
  }

  async restart(flags: Readonly<Record<string, unknown>> = {}): Promise<void> {
    await this.stop();
    await this.begin(flags);
  }
}
