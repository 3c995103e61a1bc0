import type { EventLog } from '../events/event-log.js';
import type { FileSystem } from '../file-system.js';
import type { LeaseRecord } from '../leases/lease.js';
import type { LeaseTerms } from '../leases/lease-terms.js';
import type { Observer } from '../observer.js';
import type { RunRegistry } from '../runs/run-registry.js';
import type { Store } from '../store.js';
import type { SnapshotRecord } from './snapshot.js';
import { snapshotDirectoryOf, TEMPORARY_PREFIX, TRASH_PREFIX, temporaryName } from './snapshot-paths.js';
import type { Snapshotter } from './snapshotter.js';

const PAGE = 500;

export interface ReconcilerPorts {
  readonly store: Store;
  readonly log: EventLog;
  readonly files: FileSystem;
  readonly observer: Observer;
  readonly snapshotter: Snapshotter;
  readonly terms: LeaseTerms;
  readonly runs: RunRegistry;
  readonly owner: string;
}

/**
 * Makes disk and database agree after a stop at any point, before anyone is served. What nobody was told of is rolled back: pending
 * leases, and snapshots that were being built. What somebody was told of is rolled forward: active leases begin their TTL anew, their
 * snapshots are compared with the inventory that was recorded, and removals are finished.
 */
export async function reconcile(ports: ReconcilerPorts): Promise<void> {
  const active = await settleLeases(ports);
  const snapshots = await ports.store.snapshots.list();
  for (const snapshot of snapshots) await settleSnapshot(ports, snapshot, active);
  await removeStrays(ports, snapshots);
}

/** Pending leases go: no answer ever named them. */
async function settleLeases({
  store,
  log,
  terms,
  observer,
}: ReconcilerPorts): Promise<readonly LeaseRecord[]> {
  for (const lease of await allLeases(store, 'pending')) {
    await log.commit((tx) => tx.leases.remove(lease.number));
    observer.reconciled({
      run: lease.run,
      subject: `lease ${lease.number}`,
      action: 'removed: it was never granted',
    });
  }
  const active = await allLeases(store, 'active');
  for (const lease of active) terms.begin(lease);
  return active;
}

async function allLeases(store: Store, state: 'pending' | 'active'): Promise<readonly LeaseRecord[]> {
  const leases: LeaseRecord[] = [];
  for (;;) {
    const after = leases.at(-1)?.number ?? 0;
    const page = await store.leases.list({ run: null, state, step: null, after, limit: PAGE });
    leases.push(...page);
    if (page.length < PAGE) return leases;
  }
}

async function settleSnapshot(
  ports: ReconcilerPorts,
  snapshot: SnapshotRecord,
  active: readonly LeaseRecord[],
): Promise<void> {
  const { files, log, snapshotter, terms, observer } = ports;
  const note = (action: string) => observer.reconciled({ run: snapshot.run, subject: snapshot.path, action });
  const isHeld = active.some(({ snapshotId }) => snapshotId === snapshot.id);
  if (snapshot.state === 'ready' && isHeld) {
    const inventory = await files.snapshots.inventory(snapshot.path);
    if (inventory !== null && inventory.digest === snapshot.digest)
      return snapshotter.adopt(snapshot, inventory);
    snapshotter.adoptDamaged(snapshot);
    await terms.lose(
      snapshot,
      inventory === null ? 'its files were gone after a restart' : 'its files had changed after a restart',
    );
    return note('lost: its files are not what they were');
  }
  await log.commit((tx) => tx.snapshots.update(snapshot.id, { state: 'deleting' }));
  // A build that was cut off may have left its tree under the temporary name, or have published it.
  if (snapshot.state === 'building')
    await files.snapshots.erase(snapshot.snapshotDirectory, temporaryName(snapshot.id));
  snapshotter.condemn(snapshot);
  await snapshotter.retired(snapshot);
  note(snapshot.state === 'building' ? 'rolled back: it was being built' : 'removed: nobody holds it');
}

/** Leftovers in directories of our own, of which no row knows: only there, and in layout `orbax` only under our own prefixes. */
async function removeStrays(ports: ReconcilerPorts, snapshots: readonly SnapshotRecord[]): Promise<void> {
  const { files, runs, observer, owner } = ports;
  for (const { run } of runs.all()) {
    const directory = snapshotDirectoryOf(run.record);
    if ((await files.snapshots.owner(directory)) !== owner) continue;
    const known = new Set(
      snapshots
        .filter(({ snapshotDirectory }) => snapshotDirectory === directory)
        .flatMap(({ generation }) => generation),
    );
    for (const name of await files.snapshots.entries(directory)) {
      const isOurs = name.startsWith(TEMPORARY_PREFIX) || name.startsWith(TRASH_PREFIX);
      const isGeneration =
        run.record.options.snapshotLayout === 'generation' && GENERATION.test(name) && !known.has(name);
      const isUnderWay = snapshots.some(({ id }) => name === `${TRASH_PREFIX}${id}`);
      if ((!isOurs && !isGeneration) || isUnderWay) continue;
      await files.snapshots.erase(directory, name);
      observer.reconciled({
        run: run.name,
        subject: `${directory}/${name}`,
        action: 'removed: no record knows it',
      });
    }
  }
}

const GENERATION = /^[0-9a-z]+-[0-9a-z]+-[0-9a-z]+$/;
