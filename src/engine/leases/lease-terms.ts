import type { Clock } from '../clock.js';
import { EngineError, type ErrorCode } from '../errors.js';
import type { Emit, EventLog } from '../events/event-log.js';
import type { Observer } from '../observer.js';
import type { RunRegistry } from '../runs/run-registry.js';
import type { SnapshotRecord } from '../snapshots/snapshot.js';
import type { Snapshotter } from '../snapshots/snapshotter.js';
import type { Store, Transaction } from '../store.js';
import { ExpiryTimers } from './expiry-timers.js';
import type { EndedState, LeaseRecord } from './lease.js';
import type { ActiveLease, LeaseBook } from './lease-book.js';
import { describePublicLease } from './lease-document.js';

export interface LeaseTermsPorts {
  readonly store: Store;
  readonly log: EventLog;
  readonly clock: Clock;
  readonly observer: Observer;
  readonly book: LeaseBook;
  readonly snapshotter: Snapshotter;
  readonly runs: RunRegistry;
}

const ENDED_CODE: Readonly<Record<EndedState, ErrorCode>> = {
  released: 'lease_released',
  expired: 'lease_expired',
  broken: 'lease_broken',
  lost: 'lease_lost',
};

/** The life of leases once they are granted: renewal, and every way to end. See `lease.ts` for the states. */
export class LeaseTerms {
  readonly #ports: LeaseTermsPorts;
  readonly #timers: ExpiryTimers;

  constructor(ports: LeaseTermsPorts) {
    this.#ports = ports;
    this.#timers = new ExpiryTimers(ports.clock, (number) => this.#expire(number));
  }

  /** Begins the time of a lease that was granted, or found active at the start: its full TTL from now. */
  begin(record: LeaseRecord): void {
    const deadlineMs = this.#ports.clock.monotonic() + record.ttlMs;
    this.#ports.book.putLease(record, deadlineMs);
    this.#timers.set(record.number, deadlineMs);
  }

  async find(id: string): Promise<LeaseRecord> {
    const record = this.#ports.book.activeById(id)?.record ?? (await this.#ports.store.leases.byId(id));
    if (record !== null && record.state !== 'pending') return record;
    throw new EngineError(
      'lease_not_found',
      'no lease has this id; ended leases are forgotten after a while',
      {
        hint: 'acquire a new lease with POST /leases',
      },
    );
  }

  /** Milliseconds that an active lease still has; null for an ended one. */
  remainingMs(record: LeaseRecord): number | null {
    const active = this.#ports.book.active(record.number);
    return active === null ? null : active.deadlineMs - this.#ports.clock.monotonic();
  }

  async renew(id: string, ttlMs: number | null): Promise<LeaseRecord> {
    const active = this.#ports.book.activeById(id);
    if (active === null) throw leaseEnded(await this.find(id));
    await this.#audit(active);
    const record: LeaseRecord = {
      ...active.record,
      ttlMs: ttlMs ?? active.record.ttlMs,
      renewedAt: this.#ports.clock.now(),
    };
    // While the renewal is being committed, the lease must not expire under it.
    this.#extend(record);
    const renewed = await this.#ports.log.commit(async (tx) => {
      const current = await tx.leases.byNumber(record.number);
      if (current === null || current.state !== 'active') return current ?? record;
      await tx.leases.update(record.number, { ttlMs: record.ttlMs, renewedAt: record.renewedAt });
      return record;
    });
    if (renewed !== record || this.#ports.book.active(record.number) === null)
      throw leaseEnded(await this.find(id));
    this.#extend(record);
    this.#ports.observer.leaseRenewed({ run: record.run, number: record.number, ttlMs: record.ttlMs });
    return record;
  }

  /** Ends a lease and, with the last one, its snapshot; resolves when the snapshot's path is gone. No-op when it ended before. */
  async end(record: LeaseRecord, state: EndedState, reason: string | null): Promise<LeaseRecord | null> {
    const { log, book, clock, observer, snapshotter } = this.#ports;
    const change = { state, endedAt: clock.now(), endReason: reason };
    const ended: LeaseRecord = { ...record, ...change };
    const outcome = await log.commit(
      (tx, emit) => this.#endIn(tx, emit, ended, change),
      (result, events) => {
        if (result === null) return;
        this.#timers.clear(record.number);
        book.removeLease(record);
        if (result.condemned !== null) snapshotter.condemn(result.condemned);
        this.#ports.runs.noteEvents(events);
      },
    );
    if (outcome === null) return null;
    observer.leaseEnded({ run: record.run, number: record.number, step: record.step, state, reason });
    if (outcome.condemned !== null) await snapshotter.retired(outcome.condemned);
    return ended;
  }

  /** Something of a snapshot vanished by other hands: everybody who holds it is told so. */
  async lose(snapshot: SnapshotRecord, detail: string): Promise<void> {
    const holders = this.#ports.book.holdersOf(snapshot);
    await Promise.all(holders.map(({ record }) => this.end(record, 'lost', detail)));
  }

  close(): void {
    this.#timers.clearAll();
  }

  async #endIn(
    tx: Transaction,
    emit: Emit,
    ended: LeaseRecord,
    change: { readonly state: EndedState; readonly endedAt: number; readonly endReason: string | null },
  ): Promise<{ readonly condemned: SnapshotRecord | null } | null> {
    const current = await tx.leases.byNumber(ended.number);
    if (current === null || current.state !== 'active') return null;
    await tx.leases.update(ended.number, change);
    emit({
      run: ended.run,
      type: `lease.${change.state}`,
      subject: String(ended.number),
      time: change.endedAt,
      data: { ...describePublicLease(ended, null) },
    });
    if (ended.snapshotId === null) return { condemned: null };
    return { condemned: await this.#ports.snapshotter.letGo(tx, ended.snapshotId) };
  }

  /** A renewal is a promise of readable files: it looks before it promises. */
  async #audit({ record }: ActiveLease): Promise<void> {
    const { book, snapshotter } = this.#ports;
    const snapshot = book.snapshot(record.run, record.generation);
    if (snapshot === null || snapshot.id !== record.snapshotId) return;
    const vanished = await snapshotter.audit(snapshot);
    if (vanished !== null) await this.lose(snapshot, vanished);
  }

  #extend(record: LeaseRecord): void {
    const { book, clock } = this.#ports;
    const active = book.active(record.number);
    if (active === null) return;
    const deadlineMs = clock.monotonic() + record.ttlMs;
    book.putLease(record, deadlineMs);
    this.#timers.set(record.number, deadlineMs);
  }

  #expire(number: number): void {
    const active = this.#ports.book.active(number);
    if (active === null) return;
    this.end(active.record, 'expired', 'it was not renewed within its TTL').catch((error: unknown) => {
      this.#ports.observer.internalError({ during: 'expiring a lease', error });
      // It must end, and be tried again, once the store takes writes again.
      if (this.#ports.book.active(number) !== null)
        this.#timers.set(number, this.#ports.clock.monotonic() + 1_000);
    });
  }
}

export function leaseEnded(record: LeaseRecord): EngineError {
  const state = record.state === 'active' || record.state === 'pending' ? 'released' : record.state;
  const because = record.endReason === null ? '' : `: ${record.endReason}`;
  return new EngineError(ENDED_CODE[state], `lease ${record.number} is ${state}${because}`, {
    hint: 'stop reading its path and acquire a new lease with POST /leases',
  });
}
