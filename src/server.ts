import closeWithGrace from 'close-with-grace';
import type { Logger } from 'pino';
import { createLogger } from './adapters/logger.js';
import { loggingObserver } from './adapters/logging-observer.js';
import { systemClock } from './adapters/system-clock.js';
import type { Config } from './config/config.js';
import type { Clock } from './engine/clock.js';
import type { FileSystem } from './engine/file-system.js';
import type { Observer } from './engine/observer.js';
import type { CheckpointReader } from './engine/restore/checkpoint-reader.js';
import type { Store } from './engine/store.js';
import { startupErrorOf } from './startup-error.js';

export interface AppTools {
  readonly clock: Clock;
  readonly observer: Observer;
  readonly logger: Logger;
  /** Opens the filesystem that the app uses and closes; one with threads of its own if left out. */
  readonly openFiles?: () => FileSystem;
  /** Stand between the service and its adapters: tests have calls fail there, or happen at a chosen moment. */
  readonly around?: {
    readonly store?: (store: Store) => Store;
    readonly files?: (files: FileSystem) => FileSystem;
    readonly reader?: (reader: CheckpointReader) => CheckpointReader;
  };
}

/** Where a server listens. */
export interface Address {
  readonly scheme: 'http' | 'https';
  readonly host: string;
  readonly port: number;
}

/** The composed service. */
export interface App {
  /** Begins to accept connections; answers where. Rejects with Node's error (`EADDRINUSE`, …) when it cannot. */
  listen(): Promise<Address>;
  /** Starts ahead what the first request for it would otherwise have to wait for. */
  warmUp(): void;
  /** Answers everybody who waits with `shutting_down` and ends the streams; new requests that would wait are refused. */
  drain(): Promise<void>;
  /** Ends requests, timers, threads and the database, after `drain`, or without it when listening failed. */
  close(): Promise<void>;
}

/** Builds the service from its configuration. On return the database is owned, migrated and reconciled; nothing listens yet. */
export type StartApp = (config: Config, tools: AppTools) => Promise<App>;

/** The last schema change that the database had, and has now; null: none. */
export interface Migrated {
  readonly from: string | null;
  readonly to: string | null;
}

/** Opens the database, brings its schema up to date and closes it. Fails as `StartApp` does. */
export type MigrateDatabase = (databaseFile: string) => Promise<Migrated>;

export interface ServeOptions {
  readonly startApp: StartApp;
  /** Prints the one line that says where the server listens. */
  readonly announce: (line: string) => void;
  /** How long draining may take; ten seconds if left out. */
  readonly closeWithinMs?: number;
}

/** Signals that say the process itself is broken: no JavaScript is safe after them. And the end of all work, which is none of ours. */
const NOT_OURS = ['SIGILL', 'SIGTRAP', 'SIGABRT', 'SIGBUS', 'SIGFPE', 'SIGSEGV', 'beforeExit'] as const;

/**
 * The life of a server process: start, listen, announce, and on SIGTERM, SIGINT or a fatal error drain and close.
 *
 *     starting ──listening, announced──▶ serving ──signal──▶ draining ──closed──▶ exit 0
 *        │                                  └──error nobody caught──▶ draining ──▶ exit 1
 *        ├──cannot start──▶ rejects with StartupError (exit 2)
 *        └──signal──▶ draining, once started
 *
 * Draining that takes longer than `closeWithinMs`, a second signal or another error ends the process at once, with exit 1,
 * or by SIGKILL where a thread hangs in a filesystem that does not answer.
 */
export async function serve(config: Config, options: ServeOptions): Promise<void> {
  const { startApp, announce, closeWithinMs = 10_000 } = options;
  const logger = createLogger({ level: config.logLevel, pretty: isPretty(config) });
  const tools = { clock: systemClock, observer: loggingObserver(logger), logger };
  // One turn later, so that signals are heard before anything begins.
  const starting = Promise.resolve().then(() => startApp(config, tools));
  let stopping = false;
  const grace = closeWithGrace(
    {
      delay: closeWithinMs,
      logger: false,
      skip: [...NOT_OURS],
      onSecondSignal: (signal) => {
        logger.warn({ signal }, 'second signal: exiting at once');
        dieIfThreadsHang();
      },
      onSecondError: (err) => {
        logger.fatal({ err }, 'another error while stopping: exiting at once');
        dieIfThreadsHang();
      },
      onTimeout: (delayMs) => {
        logger.error({ delayMs }, 'could not close in time: exiting');
        dieIfThreadsHang();
      },
    },
    async ({ signal, err }) => {
      stopping = true;
      if (err === undefined) logger.info({ signal }, 'stopping');
      else logger.fatal({ err }, 'error that nobody caught: stopping');
      const app = await starting;
      await app.drain();
      await app.close();
      logger.info('stopped');
    },
  );
  try {
    const app = await starting;
    if (!stopping) await listen(app, announce);
  } catch (error) {
    grace.uninstall();
    throw startupErrorOf(error, config);
  }
}

async function listen(app: App, announce: (line: string) => void): Promise<void> {
  try {
    const { scheme, host, port } = await app.listen();
    announce(`steplease listening on ${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`);
    app.warmUp();
  } catch (error) {
    await app.close();
    throw error;
  }
}

/** An exit waits for every thread: one at work in a filesystem that does not answer would keep this process for good. */
function dieIfThreadsHang(): void {
  const isThreadAtWork = process.getActiveResourcesInfo().includes('MessagePort');
  if (isThreadAtWork) process.kill(process.pid, 'SIGKILL');
}

function isPretty({ logFormat }: Config): boolean {
  return logFormat === 'pretty' || (logFormat === 'auto' && process.stderr.isTTY === true);
}
