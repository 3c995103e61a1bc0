import type { Bounds } from './access/limit.js';
import type { Principal } from './access/principal.js';
import { AllowedDirectories } from './administration/allowed-directories.js';
import { RunAdministration } from './administration/run-administration.js';
import { StepCatalog } from './catalog/step-catalog.js';
import type { Clock } from './clock.js';
import { ConsumerRegistry } from './consumers/consumer-registry.js';
import { DeliverySettlement } from './consumers/delivery-settlement.js';
import { openConsumers } from './consumers/open-consumers.js';
import type { Engine, EngineView, GrantResult, Readiness } from './engine.js';
import { type ViewPorts, viewOf } from './engine-view.js';
import { EventLog } from './events/event-log.js';
import { LogReader } from './events/log-reader.js';
import type { FileSystem } from './file-system.js';
import { LiveHoldings } from './holdings/live-holdings.js';
import { GrantDesk } from './leases/grant-desk.js';
import { GrantKeys } from './leases/grant-keys.js';
import { GrantLimits } from './leases/grant-limits.js';
import { GrantProtocol } from './leases/grant-protocol.js';
import { LeaseLife } from './leases/lease-life.js';
import { LeaseTerms } from './leases/lease-terms.js';
import { Lessor } from './leases/lessor.js';
import type { Observer } from './observer.js';
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
import { WaitCatalog } from './waits/wait-catalog.js';
import { WaitRecorder } from './waits/wait-recorder.js';
import { WaitingRoom } from './waits/waiting-room.js';
import { RunRegistry } from './watch/run-registry.js';
import { VisibleRuns } from './watch/visible-runs.js';

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
  /** Null: leases may be renewed for ever. */
  readonly maxLeaseLifeMs: number | null;
  /** Null: as much as the disk holds. */
  readonly maxRetainedBytes: number | null;
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
  const life = new LeaseLife(clock, settings.maxLeaseLifeMs);
  const terms = new LeaseTerms({
    life,
    store,
    log,
    clock,
    observer,
    holdings,
    audit,
    remover,
    deliveries,
  });
  const limits = new GrantLimits({ files, holdings, runs: registry }, settings);
  const claims = new SnapshotClaims({ log, builder, remover });
  const protocol = new GrantProtocol({ log, clock, terms, limits, claims, runs: registry });
  const recorder = new WaitRecorder(store, clock, observer);
  const room = new WaitingRoom(log, clock, holdings, recorder, { maxWaitMs, waits: maxWaits }, shutdown);
  const keys = new GrantKeys<GrantResult>(store);
  const desk = new GrantDesk({ observer, room, terms, keys });
  const lessor = new Lessor({ store, room, recorder, protocol, terms, desk, maxTtlMs, life });
  const consuming = openConsumers({
    ...{ store, log, clock, observer, terms, limits, claims, remover, room, recorder },
    ...{ maxTtlMs, maxConsumers, life },
    ...{ consumers, holdings, runs: registry },
  });
  const catalog = new StepCatalog(holdings);
  const restore = new RestoreDesk({ reader, catalog, registry, holdings, terms, shutdown });
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

  const viewPorts: ViewPorts = {
    ...{ administration, catalog, room, lessor, events, restore, remover },
    waits: new WaitCatalog(store.waits, recorder),
    consumersFor: consuming.consumersFor,
  };
  const views = new WeakMap<Principal, EngineView>();
  return {
    as: (principal) => {
      const known = views.get(principal);
      if (known !== undefined) return known;
      const view = viewOf(viewPorts, principal, new VisibleRuns(registry, principal.runs));
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

/** Names no run: strangers may ask. */
function readiness(registry: RunRegistry, holds: readonly string[]): Readiness {
  const isScanned = registry.all().every(({ run }) => run.watch.scans > 0);
  const pending = [...(isScanned ? [] : ['the first scan of a run is under way']), ...holds];
  return { ready: pending.length === 0, pending };
}
