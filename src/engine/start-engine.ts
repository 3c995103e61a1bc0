import type { Bounds } from './access/limit.js';
import type { Principal } from './access/principal.js';
import { RunGlobs } from './access/run-globs.js';
import { AllowedDirectories } from './administration/allowed-directories.js';
import { RunAdministration } from './administration/run-administration.js';
import { StepCatalog } from './catalog/step-catalog.js';
import type { Clock } from './clock.js';
import { ConsumerRegistry } from './consumers/consumer-registry.js';
import { DeliverySettlement } from './consumers/delivery-settlement.js';
import { openConsumers } from './consumers/open-consumers.js';
import type {
  Engine,
  EngineView,
  Events,
  GrantResult,
  Leases,
  Readiness,
  Restore,
  Runs,
  Snapshots,
  Steps,
  Subscription,
  Waits,
} from './engine.js';
import { EventLog } from './events/event-log.js';
import { LogReader } from './events/log-reader.js';
import type { FileSystem } from './file-system.js';
import { LiveHoldings } from './holdings/live-holdings.js';
import { GrantDesk } from './leases/grant-desk.js';
import { GrantKeys } from './leases/grant-keys.js';
import { GrantLimits } from './leases/grant-limits.js';
import { GrantProtocol } from './leases/grant-protocol.js';
import { LeaseTerms } from './leases/lease-terms.js';
import { Lessor } from './leases/lessor.js';
import type { Observer } from './observer.js';
import { onlyEngineErrors } from './only-engine-errors.js';
import { parsePage } from './pages.js';
import type { CheckpointReader } from './restore/checkpoint-reader.js';
import { RestoreDesk } from './restore/restore-desk.js';
import type { RunOptions } from './runs/run-options.js';
import { Interrupt } from './signals/interrupt.js';
import { SnapshotAudit } from './snapshots/snapshot-audit.js';
import { SnapshotBuilder } from './snapshots/snapshot-builder.js';
import { SnapshotClaims } from './snapshots/snapshot-claims.js';
import { SnapshotRemover } from './snapshots/snapshot-remover.js';
import type { Store } from './store.js';
import { Auditor } from './upkeep/auditor.js';
import { reconcile } from './upkeep/reconciler.js';
import { Retention, type RetentionLimits } from './upkeep/retention.js';
import { describeSummary, describeWait } from './waits/wait-document.js';
import { WaitRecorder } from './waits/wait-recorder.js';
import { WaitingRoom } from './waits/waiting-room.js';
import { RunRegistry } from './watch/run-registry.js';

/** A run that the operator names; it wins over what is stored. */
export interface NamedRun {
  readonly name: string;
  readonly directory: string;
  readonly options: Partial<RunOptions>;
}

export interface EngineSettings {
  readonly runs: readonly NamedRun[];
  readonly allowRoots: readonly string[];
  readonly maxWaitMs: number;
  readonly maxTtlMs: number;
  readonly waits: Bounds;
  readonly leases: Bounds;
  readonly streams: Bounds;
  /** Of the command line's runs there may be more. */
  readonly maxRuns: Bounds;
  readonly maxConsumers: Bounds;
  readonly retention: RetentionLimits;
}

export interface EnginePorts {
  readonly store: Store;
  readonly files: FileSystem;
  readonly clock: Clock;
  readonly observer: Observer;
  readonly reader: CheckpointReader;
}

/**
 * Puts the engine together and starts it: database and disk are made to agree, stored runs are watched again, and the runs of the settings
 * are registered. First scans of stored runs go on in the background; `readiness` tells when they are done.
 */
export async function startEngine(ports: EnginePorts, settings: EngineSettings): Promise<Engine> {
  const { store, files, clock, observer, reader } = ports;
  const { maxWaitMs, maxTtlMs, waits: maxWaits, streams, maxRuns, maxConsumers } = settings;
  const log = await EventLog.open(store, clock, observer);
  const stored = await store.runs.list();
  const allowed = await AllowedDirectories.resolve(
    files,
    settings.allowRoots,
    settings.runs.flatMap(({ directory, options }) => [directory, options.snapshotDirectory ?? directory]),
    stored.flatMap(({ realPath, options }) => [realPath, options.snapshotDirectory ?? realPath]),
  );
  const registry = new RunRegistry();
  const holdings = new LiveHoldings();
  const shutdown = new Interrupt();
  const owner = store.id;
  const audit = new SnapshotAudit(files);
  const snapshotPorts = { files: files.snapshots, log, clock, observer, holdings, audit, owner };
  const remover = new SnapshotRemover(snapshotPorts);
  const builder = new SnapshotBuilder({ ...snapshotPorts, remover });
  const consumers = new ConsumerRegistry();
  const deliveries = new DeliverySettlement({ log, clock, observer, consumers, remover });
  const terms = new LeaseTerms({
    store,
    log,
    clock,
    observer,
    holdings,
    audit,
    remover,
    deliveries,
  });
  const limits = new GrantLimits(files, holdings, settings.leases);
  const claims = new SnapshotClaims({ log, builder, remover });
  const protocol = new GrantProtocol({ log, clock, terms, limits, claims, runs: registry });
  const recorder = new WaitRecorder(store, clock, observer);
  const room = new WaitingRoom(log, clock, holdings, recorder, { maxWaitMs, waits: maxWaits }, shutdown);
  const keys = new GrantKeys<GrantResult>(store);
  const desk = new GrantDesk({ observer, room, terms, keys });
  const lessor = new Lessor({ store, room, recorder, protocol, terms, desk, maxTtlMs });
  const consuming = openConsumers({
    ...{
      store,
      log,
      clock,
      observer,
      terms,
      limits,
      claims,
      remover,
      room,
      recorder,
      maxTtlMs,
      maxConsumers,
    },
    ...{ consumers, holdings, runs: registry },
  });
  const catalog = new StepCatalog(holdings);
  const restore = new RestoreDesk({ reader, catalog, registry, holdings, terms });
  const events = new LogReader(log, clock, shutdown, { streams, maxWaitMs });
  const retention = new Retention(store, log, clock, observer, settings.retention);
  const auditor = new Auditor(clock, observer, holdings, audit, terms);
  const administration = new RunAdministration({
    files,
    log,
    clock,
    observer,
    holdings,
    registry,
    terms,
    remover,
    allowed,
    owner,
    consumers,
    removal: consuming.removal,
    maxRuns,
  });

  const close = async () => {
    log.close();
    retention.close();
    auditor.close();
    terms.close();
    recorder.close();
    await Promise.all(registry.all().map(({ watcher }) => watcher.stop()));
    await builder.close();
    await consuming.close();
    await remover.close();
    await recorder.settled();
  };
  try {
    for (const record of stored) administration.revive(record, await store.steps.list(record.name));
    await consuming.revive();
    await reconcile({ ...snapshotPorts, store, remover, terms, runs: registry, consumers });
    for (const { run, watcher } of registry.all()) {
      watcher
        .scan()
        .catch((error: unknown) =>
          observer.internalError({ during: `making the first scan of run ${run.name}`, error }),
        );
    }
    for (const { name, directory, options } of settings.runs)
      await administration.configure(name, directory, options);
    // Now, when they can be renewed again.
    terms.beginAll();
    consuming.begin();
    retention.start();
    auditor.start();
  } catch (error) {
    // What was begun would go on without anybody to tell.
    await close();
    throw error;
  }

  const runsFor = (caller: string): Runs => ({
    list: (query) => administration.list(query),
    get: async (name) => administration.describe(registry.get(name)),
    put: (name, directory, options) => administration.put(name, directory, options, caller),
    remove: (name, isForced) => administration.remove(name, isForced),
    finish: (name, reason) => administration.finish(name, reason),
    reopen: (name) => administration.reopen(name),
    resolve: (name) => (name === null ? registry.meant() : registry.get(name)).run.name,
  });
  const waitsFor = (caller: string): Waits => ({
    wait: async (run, request, signal) => room.wait(registry.get(run), request, caller, signal),
    list: async (run, { limit, page }) => {
      await recorder.settled();
      const before = page === null ? null : parsePage(page);
      const { waits: records, next } = await store.waits.page({
        runs: RunGlobs.everything.within(run),
        before,
        limit,
      });
      return { items: records.map(describeWait), next_page: next === null ? null : next.toString(36) };
    },
    summary: async (run) => {
      await recorder.settled();
      return describeSummary(await store.waits.summary(RunGlobs.everything.within(run)));
    },
  });
  const viewFor = (caller: string): EngineView => ({
    runs: onlyEngineErrors(runsFor(caller)),
    waits: onlyEngineErrors(waitsFor(caller)),
    consumers: onlyEngineErrors(consuming.consumersFor(caller)),
    events: onlyEngineErrors<Events>({
      page: (request, signal) => events.page(request, signal),
      subscribe: async (request) => {
        const subscription = await events.subscribe(request, caller);
        return onlyEngineErrors<Subscription>({
          next: () => subscription.next(),
          close: () => subscription.close(),
        });
      },
    }),
    restore: onlyEngineErrors<Restore>({
      args: (query) => restore.args(query),
      construct: (body) => restore.construct(body),
      verify: (run, step) => restore.verify(run, step),
    }),
    snapshots: onlyEngineErrors<Snapshots>({ retry: (number) => remover.retry(number) }),
    steps: onlyEngineErrors<Steps>({
      list: async (run, query) => catalog.list(registry.get(run), query),
      version: async (run) => catalog.version(registry.get(run)),
      get: async (run, step) => catalog.get(registry.get(run), step),
    }),
    leases: onlyEngineErrors<Leases>({
      grant: async (run, request, caller, signal) => lessor.grant(registry.get(run), request, caller, signal),
      get: (id) => lessor.get(id),
      renew: (id, ttlMs) => lessor.renew(id, ttlMs),
      release: (id) => lessor.release(id),
      list: (query) => lessor.list(query),
      breakLease: (number, reason) => lessor.breakLease(number, reason),
    }),
  });
  const views = new WeakMap<Principal, EngineView>();
  return {
    as: (principal) => {
      const view = views.get(principal) ?? viewFor(principal.name);
      views.set(principal, view);
      return view;
    },
    readiness: () => readiness(registry, consuming.pending()),
    drain: () => {
      shutdown.raise('shutdown');
      events.drain();
    },
    close,
  };
}

function readiness(registry: RunRegistry, holds: readonly string[]): Readiness {
  const scans = registry
    .all()
    .flatMap(({ run }) => (run.watch.scans === 0 ? [`run ${run.name}: its first scan is under way`] : []));
  const pending = [...scans, ...holds];
  return { ready: pending.length === 0, pending };
}
