import type { Bounds } from '../access/limit.js';
import type { Clock } from '../clock.js';
import type { Consumers, NextResult } from '../engine.js';
import type { EventLog } from '../events/event-log.js';
import type { LiveHoldings } from '../holdings/live-holdings.js';
import { GrantDesk } from '../leases/grant-desk.js';
import { GrantKeys } from '../leases/grant-keys.js';
import type { GrantLimits } from '../leases/grant-limits.js';
import type { LeaseLife } from '../leases/lease-life.js';
import type { LeaseTerms } from '../leases/lease-terms.js';
import type { Observer } from '../observer.js';
import type { SnapshotClaims } from '../snapshots/snapshot-claims.js';
import type { SnapshotRemover } from '../snapshots/snapshot-remover.js';
import type { Store } from '../store.js';
import type { WaitRecorder } from '../waits/wait-recorder.js';
import type { WaitingRoom } from '../waits/waiting-room.js';
import type { RunRegistry } from '../watch/run-registry.js';
import type { VisibleRuns } from '../watch/visible-runs.js';
import { ConsumerAdministration } from './consumer-administration.js';
import type { ConsumerRegistry } from './consumer-registry.js';
import { ConsumerRemoval } from './consumer-removal.js';
import { DeliveryDesk } from './delivery-desk.js';
import { DeliveryGrant } from './delivery-grant.js';
import { DeliveryWait } from './delivery-wait.js';
import { Feeds } from './feeds.js';
import { HoldKeeper } from './hold-keeper.js';
import { HoldProtocol } from './hold-protocol.js';
import { NewestStep } from './newest-step.js';
import { SpaceGuard } from './space-guard.js';

export interface ConsumerPorts {
  readonly store: Store;
  readonly log: EventLog;
  readonly clock: Clock;
  readonly observer: Observer;
  readonly consumers: ConsumerRegistry;
  readonly runs: RunRegistry;
  readonly holdings: LiveHoldings;
  readonly terms: LeaseTerms;
  readonly limits: GrantLimits;
  readonly claims: SnapshotClaims;
  readonly remover: SnapshotRemover;
  readonly room: WaitingRoom;
  readonly recorder: WaitRecorder;
  readonly maxTtlMs: number;
  readonly life: LeaseLife;
  readonly maxConsumers: Bounds;
}

export interface OpenConsumers {
  /** As a caller has them who sees these runs. */
  consumersFor(caller: string, visible: VisibleRuns): Consumers;
  readonly removal: ConsumerRemoval;
  /** Takes over what is stored; before the reconciliation, which has to know the holds. */
  revive(): Promise<void>;
  /** Begins to follow the log, to hold and to watch the space. */
  begin(): void;
  /** Sentences that say what the start still has to do. */
  pending(): readonly string[];
  /** Resolves when nothing begins any more and holds under way have ended. */
  close(): Promise<void>;
}

/** Puts everything about consumers together. */
export function openConsumers(ports: ConsumerPorts): OpenConsumers {
  const { store, log, clock, observer, consumers, runs, remover } = ports;
  const protocol = new HoldProtocol(ports);
  const keeper = new HoldKeeper({ log, clock, observer, protocol, remover, runs });
  const guard = new SpaceGuard({ ...ports, keeper });
  const feeds = new Feeds(log, clock, observer, keeper);
  const newest = new NewestStep({ log, remover });
  const wait = new DeliveryWait({ ...ports, feeds, newest });
  const grants = new DeliveryGrant({ ...ports, keeper });
  const keys = new GrantKeys<NextResult>(store);
  const desk = new GrantDesk({ ...ports, keys });
  const deliveries = new DeliveryDesk({ ...ports, wait, grants, keeper, newest, desk });
  const removal = new ConsumerRemoval({ log, consumers, feeds, remover });
  const administration = new ConsumerAdministration({ ...ports, wait, newest, feeds, keeper, removal });
  return {
    removal,
    consumersFor: (caller, visible) => ({
      put: async (run, name, settings) => administration.put(visible.get(run), name, settings, caller),
      list: async (run, query) => administration.list(visible.get(run), query),
      get: async (run, name) => administration.get(visible.get(run), name),
      remove: async (run, name) => administration.remove(visible.get(run), name),
      results: async (run, name, query) => administration.results(visible.get(run), name, query),
      next: async (run, name, request, caller, signal) =>
        deliveries.next(visible.get(run), name, request, caller, signal),
      ack: (id, result) => deliveries.end(id, { verdict: 'ack', result }, visible.sight),
      nack: (id, delayMs) => deliveries.end(id, { verdict: 'nack', delayMs }, visible.sight),
    }),
    revive: () => administration.revive(),
    begin: () => {
      for (const consumer of consumers.all()) feeds.begin(runs.get(consumer.run), consumer);
      guard.start();
    },
    pending: () =>
      consumers.all().every((consumer) => feeds.isCaughtUp(consumer))
        ? []
        : ['a consumer is taking up and holding what it owes'],
    close: async () => {
      guard.close();
      for (const consumer of consumers.all()) consumer.ended.raise('shutdown');
      await Promise.all(consumers.all().map((consumer) => feeds.end(consumer)));
      await keeper.close();
    },
  };
}
