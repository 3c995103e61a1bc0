import { followAdminTokenFile } from './adapters/access/admin-token-file.js';
import { sha256 } from './adapters/access/sha256.js';
import { openFileSystem } from './adapters/filesystem/node-file-system.js';
import { ReaderProcess } from './adapters/restore/reader-process.js';
import { openDatabase } from './adapters/sqlite/database.js';
import { originOf } from './adapters/sqlite/mark-origin.js';
import { openSqliteStore } from './adapters/sqlite/sqlite-store.js';
import { systemClock } from './adapters/system-clock.js';
import { TlsFiles } from './adapters/tls/tls-files.js';
import type { Config } from './config/config.js';
import { ConfigError } from './config/config-error.js';
import { exposureOf } from './config/exposure.js';
import { Access } from './engine/access/access.js';
import type { Cancel, Clock } from './engine/clock.js';
import type { Observer } from './engine/observer.js';
import { startEngine } from './engine/start-engine.js';
import { buildHttpServer } from './routes/http-server.js';
import { type Listening, listen } from './routes/listen.js';
import type { App, AppTools, MigrateDatabase, StartApp } from './server.js';
import { VERSION } from './version.js';

/** The composition root: the one place that knows every layer. */
export const startApp: StartApp = async (
  config: Config,
  {
    clock,
    observer,
    logger,
    openFiles = () => openFileSystem({ clock, origin: originOf(config.databaseFile) }),
    around = {},
  }: AppTools,
): Promise<App> => {
  const sqlite = await openSqliteStore({ file: config.databaseFile, clock });
  const store = around.store?.(sqlite) ?? sqlite;
  const disk = openFiles();
  const files = around.files?.(disk) ?? disk;
  const checkpoints = new ReaderProcess({ clock });
  const reader = around.reader?.(checkpoints) ?? checkpoints;
  const stopping = new AbortController();
  let access: Access | null = null;
  let tls: TlsFiles | null = null;
  let forgetTokenFile: Cancel = () => undefined;
  try {
    const door = await Access.open({ store, clock, observer, digest: sha256 });
    access = door;
    if (config.adminTokenFile !== null) {
      const take = (text: string) => door.takeFileToken(text);
      forgetTokenFile = await followAdminTokenFile(config.adminTokenFile, clock, observer, take);
    }
    const exposure = exposureOf(config, door.isClosed);
    if (exposure.refusal !== null) throw new ConfigError(exposure.refusal);
    tls = await openTls(config, clock, observer);
    const engine = await startEngine(
      { store, files, clock, observer, reader },
      {
        runs: config.runs,
        allowRoots: config.allowRoots,
        maxWaitMs: config.maxWaitMs,
        maxTtlMs: config.maxTtlMs,
        waits: { all: config.maxWaits, perToken: config.maxWaitsPerToken },
        leases: { all: config.maxLeases, perToken: config.maxLeasesPerToken },
        streams: { all: config.maxStreams, perToken: config.maxStreamsPerToken },
        maxRuns: { all: config.maxRuns, perToken: config.maxRunsPerToken },
        maxConsumers: { all: config.maxConsumers, perToken: config.maxConsumersPerToken },
        maxLeaseLifeMs: config.maxLeaseLifeMs,
        maxRetainedBytes: config.maxRetainedBytes,
        retention: {
          eventsMs: config.retainEventsMs,
          eventsCount: config.retainEventsCount,
          waitsMs: config.retainWaitsMs,
          waitsCount: config.retainWaitsCount,
          endedLeasesMs: config.retainLeasesMs,
        },
      },
    );
    const server = await buildHttpServer({
      engine,
      access: door,
      publicDocs: config.publicDocs,
      clock,
      logger,
      version: VERSION,
      host: config.host,
      allowedHosts: config.allowedHosts,
      allowedOrigins: config.allowedOrigins,
      trustedProxies: config.trustedProxies,
      connections: { all: config.maxConnections, perToken: config.maxConnectionsPerToken },
      requestsPerSecond: config.requestsPerSecond,
      tls,
      stopping: stopping.signal,
      onInternalError: (error, { method, route }) =>
        observer.internalError({ during: `answering ${method} ${route ?? 'an unknown URL'}`, error }),
    });
    let listening: Listening | null = null;
    return {
      listen: async () => {
        for (const warning of exposure.warnings) logger.warn(warning);
        listening = await listen(server, config.host, config.port);
        return { scheme: tls === null ? 'http' : 'https', host: config.host, port: listening.port };
      },
      warmUp: () => checkpoints.warmUp(),
      drain: async () => {
        stopping.abort();
        engine.drain();
      },
      close: async () => {
        await (listening ?? server).close();
        tls?.close();
        forgetTokenFile();
        await engine.close();
        await door.close();
        await Promise.all([files.close(), checkpoints.close()]);
        await store.close();
      },
    };
  } catch (error) {
    tls?.close();
    forgetTokenFile();
    await access?.close();
    await Promise.all([files.close(), checkpoints.close()]);
    await store.close();
    throw error;
  }
};

async function openTls(
  { tlsCert: cert, tlsKey: key, tlsClientCa: clientCa }: Config,
  clock: Clock,
  observer: Observer,
): Promise<TlsFiles | null> {
  return cert === null || key === null ? null : TlsFiles.open({ cert, key, clientCa }, clock, observer);
}

export const migrateDatabase: MigrateDatabase = async (file) => {
  const database = await openDatabase(file, systemClock);
  database.close();
  return database.migrated;
};
