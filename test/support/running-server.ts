import { join } from 'node:path';
import { pino } from 'pino';
import { systemClock } from '../../src/adapters/system-clock.js';
import { startApp } from '../../src/app.js';
import { loadConfig } from '../../src/config/config.js';
import type { Clock } from '../../src/engine/clock.js';
import type { App, AppTools } from '../../src/server.js';
import { HttpClient } from './http-client.js';
import { Observed } from './observed.js';
import { openSharedFiles } from './shared-files.js';
import type { Cleanup } from './temporary-directory.js';
import { memoryFolder } from './temporary-folder.js';

export interface ServerOptions {
  /** Settings by their names, as flags give them. */
  readonly flags?: Readonly<Record<string, unknown>>;
  readonly clock?: Clock;
  /** Stand between the service and its adapters. */
  readonly around?: NonNullable<AppTools['around']>;
}

/** The real service in this process, on a free port and a database of its own; it ends with the test. */
export class RunningServer extends HttpClient {
  /** In memory where that is possible: what survives a crash of the machine is proven by tests of the store. */
  readonly databaseFile: string;
  observed = new Observed();
  #app: App | null = null;
  readonly #options: ServerOptions;

  private constructor(databaseFile: string, options: ServerOptions) {
    super();
    this.databaseFile = databaseFile;
    this.#options = options;
  }

  static async start(test: Cleanup, options: ServerOptions = {}): Promise<RunningServer> {
    const server = new RunningServer(join(memoryFolder(test), 'steplease.db'), options);
    test.after(() => server.stop());
    await server.begin();
    return server;
  }

  /** Starts (again) on the same database; `flags` replace single settings. */
  async begin(flags: Readonly<Record<string, unknown>> = {}): Promise<void> {
    this.observed = new Observed();
    const given = { port: '0', db: this.databaseFile, ...this.#options.flags, ...flags };
    const { config } = loadConfig(given, { environment: {} });
    const { clock = systemClock, around = {} } = this.#options;
    const logger = pino({ level: 'silent' });
    const tools = { clock, observer: this.observed.observer, logger, openFiles: openSharedFiles, around };
    this.#app = await startApp(config, tools);
    const { scheme, port } = await this.#app.listen();
    this.base = `${scheme}://127.0.0.1:${port}`;
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
