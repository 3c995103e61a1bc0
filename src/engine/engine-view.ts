import type { Principal } from './access/principal.js';
import type { RunAdministration } from './administration/run-administration.js';
import type { StepCatalog } from './catalog/step-catalog.js';
import type {
  Consumers,
  EngineView,
  Events,
  Leases,
  Restore,
  Runs,
  Snapshots,
  Steps,
  Subscription,
  Waits,
} from './engine.js';
import type { LogReader } from './events/log-reader.js';
import type { Lessor } from './leases/lessor.js';
import { onlyEngineErrors } from './only-engine-errors.js';
import type { RestoreDesk } from './restore/restore-desk.js';
import type { SnapshotRemover } from './snapshots/snapshot-remover.js';
import type { WaitCatalog } from './waits/wait-catalog.js';
import type { WaitingRoom } from './waits/waiting-room.js';
import type { VisibleRuns } from './watch/visible-runs.js';

/**
 * What a view is made of. None of these finds a run, a lease, an event or a wait for a caller without being told which runs the caller
 * sees: each method takes a `LiveRun`, which a view has from `VisibleRuns` alone, or `sight`.
 */
export interface ViewPorts {
  readonly administration: RunAdministration;
  readonly catalog: StepCatalog;
  readonly room: WaitingRoom;
  readonly waits: WaitCatalog;
  readonly lessor: Lessor;
  readonly consumersFor: (caller: string, runs: VisibleRuns) => Consumers;
  readonly events: LogReader;
  readonly restore: RestoreDesk;
  readonly remover: SnapshotRemover;
}

/** The engine for a caller who sees these runs. */
export function viewOf(ports: ViewPorts, principal: Principal, runs: VisibleRuns): EngineView {
  const { administration, catalog, room, waits, lessor, events, restore, remover } = ports;
  const { sight } = runs;
  return {
    runs: onlyEngineErrors<Runs>({
      list: (query) => administration.list(runs.all(), query),
      get: async (name) => administration.describe(runs.get(name)),
      put: (name, directory, options) => administration.put(name, directory, options, principal),
      remove: async (name, isForced) => administration.remove(runs.get(name), isForced),
      finish: async (name, reason) => administration.finish(runs.get(name), reason),
      reopen: async (name) => administration.reopen(runs.get(name)),
      resolve: (name) => (name === null ? runs.meant() : runs.get(name)).run.name,
    }),
    steps: onlyEngineErrors<Steps>({
      list: async (run, query) => catalog.list(runs.get(run), query),
      version: async (run) => catalog.version(runs.get(run)),
      get: async (run, step) => catalog.get(runs.get(run), step),
    }),
    waits: onlyEngineErrors<Waits>({
      wait: async (run, request, signal) => room.wait(runs.get(run), request, principal.name, signal),
      list: (run, query) => waits.list(sight.within(run), query),
      summary: (run) => waits.summary(sight.within(run)),
    }),
    leases: onlyEngineErrors<Leases>({
      grant: async (run, request, caller, signal) => lessor.grant(runs.get(run), request, caller, signal),
      get: (id) => lessor.get(id, principal),
      renew: (id, ttlMs) => lessor.renew(id, ttlMs, sight),
      release: (id) => lessor.release(id, sight),
      list: (query) => lessor.list(query, principal),
      breakLease: (number, reason) => lessor.breakLease(number, reason, sight),
    }),
    consumers: onlyEngineErrors(ports.consumersFor(principal.name, runs)),
    events: onlyEngineErrors<Events>({
      page: (request, signal) => events.page(request, sight, signal),
      subscribe: async (request) => {
        const subscription = await events.subscribe(request, principal);
        return onlyEngineErrors<Subscription>({
          next: () => subscription.next(),
          close: () => subscription.close(),
        });
      },
    }),
    restore: onlyEngineErrors<Restore>({
      args: (query) => restore.args(query, runs),
      construct: (body) => restore.construct(body),
      verify: async (run, step) => restore.verify(runs.get(run), step),
    }),
    snapshots: onlyEngineErrors<Snapshots>({ retry: (number) => remover.retry(number, sight) }),
  };
}
