import { RunGlobs } from '../access/run-globs.js';
import type { Clock } from '../clock.js';
import type { Changes, EventLog } from '../events/event-log.js';
import type { FileSystem } from '../file-system.js';
import type { SnapshotRecord } from '../holdings/snapshot.js';
import type { Inventory } from '../inspection.js';
import { noteGrant } from '../leases/granted.js';
import { draftLease } from '../leases/lease-draft.js';
import type { RunRecord } from '../runs/run.js';
import { snapshotEvent } from '../snapshots/snapshot-event.js';
import {
  isPublishedName,
  publishedNameOf,
  publishedNumber,
  TEMPORARY_PREFIX,
  TRASH_PREFIX,
} from '../snapshots/snapshot-paths.js';
import { parseStepName } from '../steps/name-format.js';
import type { Store, Transaction } from '../store.js';

/** Holder of the leases that stand for readers whose own leases are lost. */
const TAKEOVER_HOLDER = 'steplease db';

export interface TakeoverPorts {
  readonly store: Store;
  readonly log: EventLog;
  readonly files: FileSystem;
  readonly clock: Clock;
}

/** A snapshot that lies on the disk. */
interface Found {
  readonly publishedName: string;
  readonly stepName: string;
  readonly path: string;
  readonly inventory: Inventory;
}

/**
 * Writes down what lies in a snapshot directory whose database was lost: nobody knows who reads it, so each tree counts as leased for
 * `ttlMs`, from the next start of a server on. Numbers go on above those on the disk. Everything is repeatable: what is written down already
 * is not written down again.
 *
 * The rows come first, the mark afterwards (`SnapshotFiles.takeOver`): a directory that has our mark and no rows would be cleared at the
 * next start.
 *
 * @returns how many snapshots there are.
 */
export async function writeDownSnapshots(
  { store, log, files, clock }: TakeoverPorts,
  run: RunRecord,
  directory: string,
  ttlMs: number,
): Promise<number> {
  const names = await files.snapshots.entries(directory);
  const found: Found[] = [];
  for (const name of names) {
    const tree = await treeOf(files, run, directory, name);
    if (tree !== null) found.push(tree);
  }
  const highest = Math.max(0, ...names.map((name) => publishedNumber(name) ?? 0));
  const leased = await leasedByTakeover(store);
  await log.commit(async (tx, changes) => {
    await tx.snapshots.skipTo(highest);
    await forgetUnfinished(tx, directory, found);
    const rows = await tx.snapshots.list();
    const known = new Map(rows.map((row) => [`${row.snapshotDirectory}/${publishedNameOf(row)}`, row]));
    for (const each of found) {
      const snapshot =
        known.get(`${directory}/${each.publishedName}`) ??
        (await insertRow(tx, changes, clock, run, directory, each));
      if (leased.has(snapshot.id)) continue;
      const terms = {
        grantedTo: TAKEOVER_HOLDER,
        holder: TAKEOVER_HOLDER,
        labels: {},
        ignoreSnapshotErrors: false,
        ttlMs,
        keyed: null,
        delivery: null,
        waitedMs: () => 0,
      };
      const step = { name: each.stepName, step: snapshot.step, generation: snapshot.generation };
      const draft = draftLease(clock, { name: run.name, record: run }, step, terms, snapshot);
      await noteGrant(tx, changes, await tx.leases.insert(draft), null);
    }
  });
  return found.length;
}

/** Null: nothing that anybody could have been given to read. */
async function treeOf(
  files: FileSystem,
  run: RunRecord,
  directory: string,
  publishedName: string,
): Promise<Found | null> {
  const isLeftover = publishedName.startsWith(TEMPORARY_PREFIX) || publishedName.startsWith(TRASH_PREFIX);
  if (isLeftover) return null;
  if (run.options.snapshotLayout === 'orbax' && !isPublishedName(publishedName))
    return inventoried(files, publishedName, publishedName, `${directory}/${publishedName}`);
  if (!isPublishedName(publishedName)) return null;
  const listing = await files.list(`${directory}/${publishedName}`, null);
  const [stepName] = listing.outcome === 'listed' ? [...listing.directories].sort() : [];
  if (stepName === undefined) return null;
  return inventoried(files, publishedName, stepName, `${directory}/${publishedName}/${stepName}`);
}

async function inventoried(
  files: FileSystem,
  publishedName: string,
  stepName: string,
  path: string,
): Promise<Found | null> {
  const inventory = await files.snapshots.inventory(path);
  return inventory === null ? null : { publishedName, stepName, path, inventory };
}

async function leasedByTakeover({ leases }: Store): Promise<ReadonlySet<number>> {
  const active = await leases.list({
    runs: RunGlobs.everything,
    state: 'active',
    step: null,
    after: 0,
    limit: 1_000_000,
  });
  return new Set(
    active.flatMap(({ holder, snapshotId }) =>
      holder === TAKEOVER_HOLDER && snapshotId !== null ? [snapshotId] : [],
    ),
  );
}

/** Rows of an older state of things, which would have the next start take away what was completed, and read, since. */
async function forgetUnfinished(tx: Transaction, directory: string, found: readonly Found[]): Promise<void> {
  const there = new Set(found.map(({ path }) => path));
  for (const { id, snapshotDirectory, path, state } of await tx.snapshots.list())
    if (snapshotDirectory === directory && state !== 'ready' && there.has(path))
      await tx.snapshots.remove(id);
}

async function insertRow(
  tx: Transaction,
  { emit }: Changes,
  clock: Clock,
  run: RunRecord,
  directory: string,
  { publishedName, stepName, path, inventory }: Found,
): Promise<SnapshotRecord> {
  const { digest, sizeBytes, fileCount } = inventory;
  const snapshot = await tx.snapshots.insert({
    run: run.name,
    generation: await adoptedGeneration(tx, publishedName),
    step: stepOf(run, stepName),
    stepName,
    state: 'ready',
    mode: run.options.snapshotMode === 'none' ? 'hardlink' : run.options.snapshotMode,
    layout: run.options.snapshotLayout,
    snapshotDirectory: directory,
    pathOf: () => path,
    ...{ digest, sizeBytes, fileCount, createdAt: clock.now() },
  });
  emit(snapshotEvent('snapshot.created', snapshot, snapshot.createdAt));
  return snapshot;
}

/**
 * Another generation than any step's: nobody has compared the tree with its step, so no new lease may join it; one gets a snapshot of its
 * own.
 */
async function adoptedGeneration(tx: Transaction, publishedName: string): Promise<string> {
  return `${publishedName}.adopted-${(await tx.snapshots.lastId()) + 1}`;
}

/** For lists only. A name that no format of the run knows says a number all the same, or none. */
function stepOf({ options }: RunRecord, stepName: string): number {
  const parsed = parseStepName(options.stepNameFormats, stepName)?.step;
  return parsed ?? Number(/[0-9]{1,15}$/.exec(stepName)?.[0] ?? 0);
}

/** Registers a run that the store does not have yet. */
export async function putRun({ store, log, clock }: TakeoverPorts, record: RunRecord): Promise<void> {
  if ((await store.runs.list()).some(({ name }) => name === record.name)) return;
  await log.commit(async (tx, { emit }) => {
    await tx.runs.put(record);
    const data = { directory: record.directory };
    emit({ run: record.name, type: 'run.registered', subject: record.name, time: clock.now(), data });
  });
}
