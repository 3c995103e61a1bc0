import type { Clock } from '../clock.js';
import type { GrantRequest } from '../engine.js';
import { EngineError } from '../errors.js';
import type { Emit, EventLog } from '../events/event-log.js';
import type { FileSystem } from '../file-system.js';
import type { LiveRun, RunRegistry } from '../runs/run-registry.js';
import type { Cleanups } from '../snapshots/cleanups.js';
import type { SnapshotRecord } from '../snapshots/snapshot.js';
import { snapshotDirectoryOf } from '../snapshots/snapshot-paths.js';
import { type Original, type Snapshotter, StepGone } from '../snapshots/snapshotter.js';
import { relativePath } from '../steps/step-document.js';
import type { TrackedStep } from '../steps/tracked-step.js';
import type { Transaction } from '../store.js';
import type { Keyed } from './grant-keys.js';
import type { LeaseRecord } from './lease.js';
import type { LeaseBook } from './lease-book.js';
import { describePublicLease } from './lease-document.js';
import type { LeaseTerms } from './lease-terms.js';

const TEN_GIB = 10 * 1024 ** 3;
const LEASE_ID_BYTES = 16;

export interface GrantProtocolPorts {
  readonly files: FileSystem;
  readonly log: EventLog;
  readonly clock: Clock;
  readonly book: LeaseBook;
  readonly terms: LeaseTerms;
  readonly snapshotter: Snapshotter;
  readonly runs: RunRegistry;
  readonly cleanups: Cleanups;
  readonly maxLeases: number;
}

export interface GrantTerms {
  readonly request: GrantRequest;
  readonly ttlMs: number;
  readonly keyed: Keyed | null;
  readonly waitedMs: () => number;
}

type Placed =
  | { readonly role: 'granted'; readonly lease: LeaseRecord }
  | { readonly role: 'builder' | 'joiner'; readonly lease: LeaseRecord; readonly snapshot: SnapshotRecord }
  | { readonly role: 'late' };

/**
 * Grants a lease on one step, in the order that makes a crash harmless at any point:
 * 1. one transaction: the snapshot's row `building`, the lease's row `pending`; or join one that is building; or, where one is ready, the lease `active` at once;
 * 2. the snapshot is built, verified against the inventory of the step's discovery, and renamed into place;
 * 3. its row becomes `ready`; 4. one transaction: the lease `active`, its event, its key. Only then the caller hears of it.
 */
export class GrantProtocol {
  readonly #ports: GrantProtocolPorts;
  /** Grants under way, by generation, so that the limit on leases holds for them too. */
  readonly #underWay = new Map<string, number>();

  constructor(ports: GrantProtocolPorts) {
    this.#ports = ports;
  }

  /** @throws StepGone when the step vanished first; EngineError for everything else. */
  async grant(live: LiveRun, found: TrackedStep, terms: GrantTerms): Promise<LeaseRecord> {
    const { run } = live;
    const generation = found.entry.generation ?? '';
    this.#checkLimits(live, generation);
    const key = `${run.name}/${generation}`;
    this.#underWay.set(key, (this.#underWay.get(key) ?? 0) + 1);
    try {
      if (run.record.options.snapshotMode === 'none') return await this.#grantUnprotected(live, found, terms);
      return await this.#grantProtected(live, found, terms);
    } finally {
      const count = (this.#underWay.get(key) ?? 1) - 1;
      if (count > 0) this.#underWay.set(key, count);
      else this.#underWay.delete(key);
    }
  }

  async #grantProtected(live: LiveRun, found: TrackedStep, terms: GrantTerms): Promise<LeaseRecord> {
    const { snapshotter } = this.#ports;
    await this.#checkSpace(live);
    const original = await this.#original(live, found);
    for (;;) {
      await snapshotter.clear(live.run, original);
      const placed = await this.#place(live, original, terms);
      if (placed.role === 'granted') return placed.lease;
      if (placed.role === 'late') continue;
      const build = snapshotter.built(placed.snapshot.id);
      if (build === null) {
        await this.#takeBack(placed.lease, placed.snapshot);
        continue;
      }
      try {
        await build;
        return await this.#activate(placed.lease, terms);
      } catch (error) {
        await this.#takeBack(placed.lease, placed.snapshot);
        const isForgiven = error instanceof StepGone && !error.whole && terms.request.ignoreSnapshotErrors;
        if (isForgiven) return this.#grantUnprotected(live, found, terms);
        throw error;
      }
    }
  }

  /** A lease that nobody was told of goes without a trace, and the snapshot with it if it was made for this lease alone. */
  #takeBack(pending: LeaseRecord, snapshot: SnapshotRecord): Promise<void> {
    const { log, snapshotter, cleanups } = this.#ports;
    return cleanups.begin(snapshot.path, 'taking back a lease', () =>
      log
        .commit(
          async (tx) => {
            await tx.leases.remove(pending.number);
            return snapshotter.letGo(tx, snapshot.id);
          },
          (condemned) => {
            if (condemned !== null) snapshotter.condemn(condemned);
          },
        )
        .then(() => undefined),
    );
  }

  /** Mode `none`, or forgiven errors: the holder reads the original, and nothing keeps it. */
  async #grantUnprotected(live: LiveRun, found: TrackedStep, terms: GrantTerms): Promise<LeaseRecord> {
    const draft = this.#draft(live, found, terms, null);
    return this.#commitGrant(async (tx, emit) => this.#insertActive(tx, emit, draft, terms));
  }

  async #place(live: LiveRun, original: Original, terms: GrantTerms): Promise<Placed> {
    const { log, snapshotter, runs } = this.#ports;
    const { run } = live;
    const { generation } = original.entry;
    return log.commit(
      async (tx, emit): Promise<Placed> => {
        const existing = await tx.snapshots.find(run.name, generation);
        if (existing?.state === 'deleting') return { role: 'late' };
        const mode = run.record.options.snapshotMode;
        if (mode === 'none') throw new Error('mode none has no snapshots');
        const snapshot = existing ?? (await snapshotter.reserve(tx, run, original, mode));
        const draft = this.#draft(live, { ...original, settling: null }, terms, snapshot);
        if (snapshot.state === 'ready')
          return { role: 'granted', lease: await this.#insertActive(tx, emit, draft, terms) };
        const lease = await tx.leases.insert({ ...draft, state: 'pending' });
        return { role: existing === null ? 'builder' : 'joiner', lease, snapshot };
      },
      (placed, events) => {
        if (placed.role === 'granted') this.#ports.terms.begin(placed.lease);
        else if (placed.role === 'builder') snapshotter.begin(run, original, placed.snapshot);
        runs.noteEvents(events);
      },
    );
  }

  #activate(pending: LeaseRecord, terms: GrantTerms): Promise<LeaseRecord> {
    const grantedAt = this.#ports.clock.now();
    const change = { state: 'active', grantedAt, renewedAt: grantedAt, waitedMs: terms.waitedMs() } as const;
    const lease: LeaseRecord = { ...pending, ...change };
    return this.#commitGrant(async (tx, emit) => {
      await tx.leases.update(lease.number, change);
      await this.#tell(tx, emit, lease, terms);
      return lease;
    });
  }

  async #insertActive(
    tx: Transaction,
    emit: Emit,
    draft: Omit<LeaseRecord, 'number'>,
    terms: GrantTerms,
  ): Promise<LeaseRecord> {
    const lease = await tx.leases.insert(draft);
    await this.#tell(tx, emit, lease, terms);
    return lease;
  }

  async #tell(tx: Transaction, emit: Emit, lease: LeaseRecord, { keyed }: GrantTerms): Promise<void> {
    if (keyed !== null)
      await tx.keys.put({ ...keyed, leaseNumber: lease.number, createdAt: lease.grantedAt });
    emit({
      run: lease.run,
      type: 'lease.granted',
      subject: String(lease.number),
      time: lease.grantedAt,
      data: { ...describePublicLease(lease, lease.ttlMs) },
    });
  }

  #commitGrant(work: (tx: Transaction, emit: Emit) => Promise<LeaseRecord>): Promise<LeaseRecord> {
    const { log, terms, runs } = this.#ports;
    return log.commit(work, (lease, events) => {
      terms.begin(lease);
      runs.noteEvents(events);
    });
  }

  #draft(
    live: LiveRun,
    found: TrackedStep,
    terms: GrantTerms,
    snapshot: SnapshotRecord | null,
  ): Omit<LeaseRecord, 'number'> {
    const { clock } = this.#ports;
    const { entry } = found;
    const { directory } = live.run.record;
    const sourcePath = `${directory}/${entry.name}`;
    const path = snapshot?.path ?? sourcePath;
    const now = clock.now();
    return {
      id: `ls_${base64url(clock.randomBytes(LEASE_ID_BYTES))}`,
      run: live.run.name,
      step: entry.step ?? -1,
      generation: entry.generation ?? '',
      snapshotId: snapshot?.id ?? null,
      state: 'active',
      holder: terms.request.holder,
      labels: terms.request.labels,
      path,
      relativePath: relativePath(directory, path),
      sourcePath,
      ttlMs: terms.ttlMs,
      grantedAt: now,
      renewedAt: now,
      endedAt: null,
      endReason: null,
      waitedMs: terms.waitedMs(),
    };
  }

  /** The step with its inventory, which is taken now if it was not yet. */
  async #original(live: LiveRun, found: TrackedStep): Promise<Original> {
    const { name, generation } = found.entry;
    if (found.inventory === null || found.identity === null) await live.watcher.examine(name);
    const { entry, identity, inventory } = live.run.index.get(name) ?? found;
    if (
      entry.state !== 'finalized' ||
      entry.generation !== generation ||
      identity === null ||
      inventory === null
    ) {
      throw new StepGone(name, '', 'missing');
    }
    return {
      entry: { ...entry, step: entry.step ?? -1, generation: entry.generation ?? '' },
      identity,
      inventory,
    };
  }

  #checkLimits(live: LiveRun, generation: string): void {
    const { book, maxLeases } = this.#ports;
    if (book.activeCount >= maxLeases) {
      throw new EngineError(
        'too_many_leases',
        `${maxLeases} leases are active already, the most that this server grants`,
      );
    }
    const limit = live.run.record.options.maxLeasesPerStep;
    const held =
      book.activeLeases(live.run.name, generation) +
      (this.#underWay.get(`${live.run.name}/${generation}`) ?? 0);
    if (limit !== null && held >= limit) {
      throw new EngineError(
        'too_many_leases',
        `the step has ${held} leases already; max_leases_per_step is ${limit}`,
        {
          hint: 'release one of them, or raise max_leases_per_step with PUT /runs/{run}',
        },
      );
    }
  }

  async #checkSpace(live: LiveRun): Promise<void> {
    const directory = snapshotDirectoryOf(live.run.record);
    const { freeBytes, totalBytes } = await this.#ports.files.space(directory);
    const wanted = live.run.record.options.minFreeBytes ?? Math.min(TEN_GIB, Math.floor(totalBytes / 20));
    if (freeBytes >= wanted) return;
    throw new EngineError(
      'insufficient_storage',
      `the filesystem of ${directory} has ${freeBytes} bytes free, less than min_free_bytes (${wanted})`,
      { hint: 'free space there, or lower min_free_bytes of the run with PUT /runs/{run}' },
    );
  }
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

function base64url(bytes: Uint8Array): string {
  let bits = 0;
  let pending = 0;
  let text = '';
  for (const byte of bytes) {
    pending = (pending << 8) | byte;
    bits += 8;
    for (; bits >= 6; bits -= 6) text += ALPHABET[(pending >> (bits - 6)) & 63];
    pending &= (1 << bits) - 1;
  }
  return bits === 0 ? text : text + ALPHABET[(pending << (6 - bits)) & 63];
}
