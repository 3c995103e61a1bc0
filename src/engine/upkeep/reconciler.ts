import { RunGlobs } from '../access/run-globs.js';
import type { ConsumerRegistry } from '../consumers/consumer-registry.js';
import { changeOwed } from '../consumers/owed-states.js';
import type { EventLog } from '../events/event-log.js';
import type { SnapshotFiles } from '../file-system.js';
import type { LeaseRecord } from '../holdings/lease.js';
import { changeLease } from '../holdings/lease-states.js';
import type { LiveHoldings } from '../holdings/live-holdings.js';
import type { SnapshotRecord } from '../holdings/snapshot.js';
import { changeSnapshot } from '../holdings/snapshot-states.js';
import type { LeaseTerms } from '../leases/lease-terms.js';
import type { Observer } from '../observer.js';
import type { RunRecord } from '../runs/run.js';
import type { SnapshotAudit } from '../snapshots/snapshot-audit.js';
import {
  isPublishedName,
  publishedNameOf,
  snapshotDirectoryOf,
  TEMPORARY_PREFIX,
  TRASH_PREFIX,
  temporaryName,
  trashName,
} from '../snapshots/snapshot-paths.js';
import type { SnapshotRemover } from '../snapshots/snapshot-remover.js';
import { StorageError } from '../storage-error.js';
import type { Store } from '../store.js';
import type { RunRegistry } from '../watch/run-registry.js';
import { entryAhead } from './disk-agreement.js';

const PAGE = 500;

export interface ReconcilerPorts {
  readonly store: Store;
  readonly log: EventLog;
  readonly files: SnapshotFiles;
  readonly observer: Observer;
  readonly holdings: LiveHoldings;
  readonly audit: SnapshotAudit;
  readonly remover: SnapshotRemover;
  readonly terms: LeaseTerms;
  readonly runs: RunRegistry;
  readonly consumers: ConsumerRegistry;
  readonly owner: string;
}

/**
 * Makes disk and database agree after a stop at any point, before anyone is served. What nobody was told of is rolled back: pending
 * leases, and snapshots that were being built. What somebody was told of is rolled forward: active leases begin their TTL anew, their
 * snapshots are compared with the inventory that was recorded, and removals are finished.
 */
export async function reconcile(ports: ReconcilerPorts): Promise<void> {
  await refuseOlderStore(ports);
  const active = await settleLeases(ports);
  const snapshots = await ports.store.snapshots.list();
  await settleHolds(ports, snapshots);
  for (const snapshot of snapshots) await settleSnapshot(ports, snapshot, active);
  await removeStrays(ports, snapshots);
}

/**
 * An older state of the database, put back by hand, would have us remove what was leased since, give numbers a second time, and take old
 * cursors for positions of other events.
 */
async function refuseOlderStore({ store, files, owner }: ReconcilerPorts): Promise<void> {
  const ahead = await entryAhead(store, files, owner);
  if (ahead === null) return;
  throw new StorageError(
    'corrupt',
    `the database is older than ${ahead}, which it made itself: a copy was put in its place by hand, or its write-ahead log (-wal) was lost; ` +
      'nothing was changed: "steplease db rebuild" keeps its rows, counts what lies there as leased, and goes on above it',
  );
}

/** Pending leases go: no answer ever named them. */
async function settleLeases({
  store,
  log,
  terms,
  observer,
}: ReconcilerPorts): Promise<readonly LeaseRecord[]> {
  for (const lease of await allLeases(store, 'pending')) {
    await log.commit((tx) => changeLease(tx, lease.number, 'pending', 'abandoned'));
    observer.reconciled({
      run: lease.run,
      subject: `lease ${lease.number}`,
      action: 'removed: it was never granted',
    });
  }
  const active = await allLeases(store, 'active');
  for (const lease of active) terms.adopt(lease);
  return active;
}

async function allLeases(store: Store, state: 'pending' | 'active'): Promise<readonly LeaseRecord[]> {
  const leases: LeaseRecord[] = [];
  const runs = RunGlobs.everything;
  for (;;) {
    const after = leases.at(-1)?.number ?? 0;
    const page = await store.leases.list({ runs, state, step: null, after, limit: PAGE });
    leases.push(...page);
    if (page.length < PAGE) return leases;
  }
}

/** Holds whose snapshot was being built are undone with it; the step is owed all the same, and is held again if it still is there. */
async function settleHolds(
  { log, consumers, observer }: ReconcilerPorts,
  snapshots: readonly SnapshotRecord[],
): Promise<void> {
  const ready = new Set(snapshots.filter(({ state }) => state === 'ready').map(({ id }) => id));
  for (const consumer of consumers.all()) {
    for (const owed of consumer.owed()) {
      if (owed.snapshotId === null || ready.has(owed.snapshotId)) continue;
      const unheld = { ...owed, snapshotId: null };
      await log.commit(async (tx, { apply }) => {
        if (await changeOwed(tx, owed, 'hold_lost', unheld)) apply(() => consumer.put(unheld));
      });
      const subject = `hold of consumer ${consumer.name} on step ${owed.step}`;
      observer.reconciled({ run: consumer.run, subject, action: 'undone: it was being built' });
    }
  }
}

async function settleSnapshot(
  ports: ReconcilerPorts,
  snapshot: SnapshotRecord,
  active: readonly LeaseRecord[],
): Promise<void> {
  const { log, holdings, remover, observer, consumers } = ports;
  const note = (action: string) => observer.reconciled({ run: snapshot.run, subject: snapshot.path, action });
  const isLeased = active.some(({ snapshotId }) => snapshotId === snapshot.id);
  if (snapshot.state === 'ready' && (isLeased || consumers.isHeld(snapshot.id))) {
    holdings.putSnapshot(snapshot);
    const vanished = await firstLook(ports, snapshot);
    if (vanished === null) return;
    await ports.terms.lose(snapshot, vanished);
    return note(`lost: ${vanished}`);
  }
  // One that was being built may have left its tree under the temporary name, or have been published: it stays `building` until nothing is
  // left, so that the next start knows that too, should this one be cut off.
  const isUnheld = snapshot.state === 'ready';
  if (isUnheld) await log.commit((tx) => changeSnapshot(tx, snapshot.id, 'ready', 'condemned'));
  remover.condemn(isUnheld ? { ...snapshot, state: 'deleting' } : snapshot);
  await remover.gone(snapshot.id);
  note(snapshot.state === 'building' ? 'rolled back: it was being built' : 'removed: nobody holds it');
}

/** What cannot be looked at is no loss yet: the next audit looks again. */
async function firstLook(
  { audit, observer }: ReconcilerPorts,
  snapshot: SnapshotRecord,
): Promise<string | null> {
  try {
    return await audit.look(snapshot);
  } catch (error) {
    observer.internalError({ during: `looking at ${snapshot.path} after a restart`, error });
    return null;
  }
}

/** Leftovers in directories of our own, of which no row knows: only there, and in layout `orbax` only under our own prefixes. */
async function removeStrays(ports: ReconcilerPorts, snapshots: readonly SnapshotRecord[]): Promise<void> {
  for (const { run } of ports.runs.all()) {
    try {
      await removeStraysOf(ports, run.record, snapshots);
    } catch (error) {
      // They cost space, no more: a directory that cannot be read must not keep the server from starting.
      ports.observer.internalError({ during: `looking for strays of run ${run.name}`, error });
    }
  }
}

async function removeStraysOf(
  { files, observer, owner }: ReconcilerPorts,
  record: RunRecord,
  snapshots: readonly SnapshotRecord[],
): Promise<void> {
  const directory = snapshotDirectoryOf(record);
  if ((await files.owner(directory)) !== owner) return;
  const kept = new Set(
    snapshots
      .filter(({ snapshotDirectory }) => snapshotDirectory === directory)
      .flatMap((known) => [publishedNameOf(known), temporaryName(known.id), trashName(known.id)]),
  );
  for (const name of await files.entries(directory)) {
    const isOurs =
      name.startsWith(TEMPORARY_PREFIX) ||
      name.startsWith(TRASH_PREFIX) ||
      (record.options.snapshotLayout === 'generation' && isPublishedName(name));
    if (!isOurs || kept.has(name)) continue;
    const result = await files.erase(directory, name);
    const action = result.outcome === 'erased' ? 'removed: no record knows it' : result.detail;
    observer.reconciled({ run: record.name, subject: `${directory}/${name}`, action });
  }
}
