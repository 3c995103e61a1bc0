import type { RunGlobs } from '../access/run-globs.js';
import type { Clock } from '../clock.js';
import { EngineError, type ErrorCode } from '../errors.js';
import type { EventLog } from '../events/event-log.js';
import type { EndedState, LeaseRecord } from '../holdings/lease.js';
import { changeLease } from '../holdings/lease-states.js';
import type { ActiveLease, LiveHoldings } from '../holdings/live-holdings.js';
import type { SnapshotRecord } from '../holdings/snapshot.js';
import type { Observer } from '../observer.js';
import { letGo } from '../snapshots/let-go.js';
import type { SnapshotAudit } from '../snapshots/snapshot-audit.js';
import { stillThere } from '../snapshots/snapshot-failure.js';
import type { SnapshotRemover } from '../snapshots/snapshot-remover.js';
import type { Store } from '../store.js';
import type { Deliveries, Word } from './deliveries.js';
import { ExpiryTimers } from './expiry-timers.js';
import { describePublicLease, type TimeLeft } from './lease-document.js';
import type { LeaseLife } from './lease-life.js';

export interface LeaseTermsPorts {
  readonly store: Store;
  readonly log: EventLog;
  readonly clock: Clock;
  readonly observer: Observer;
  readonly holdings: LiveHoldings;
  readonly audit: SnapshotAudit;
  readonly remover: SnapshotRemover;
  readonly deliveries: Deliveries;
  readonly life: LeaseLife;
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
  /** How many renewals of a lease are being written down. */
  readonly #renewals = new Map<number, number>();

  constructor(ports: LeaseTermsPorts) {
    this.#ports = ports;
    this.#timers = new ExpiryTimers(ports.clock, (number) => this.#expire(number));
  }

  /** Takes over a lease that was found active at the start; its time begins with `beginAll`. */
  adopt(record: LeaseRecord): void {
    this.#ports.holdings.putLease(record, Number.POSITIVE_INFINITY);
  }

  /** Begins the time of a lease that was granted: its full TTL from now. */
  begin(record: LeaseRecord): void {
    this.#keep(record, this.#ports.clock.monotonic() + record.ttlMs);
  }

  /** Begins the time of every lease found at the start: nobody could renew one before the service answered. */
  beginAll(): void {
    const { holdings, clock } = this.#ports;
    for (const { record } of holdings.allActive()) this.begin({ ...record, renewedAt: clock.now() });
  }

  /**
   * The lease of an id that a caller gives.
   *
   * @param sight the runs that the caller sees: a lease of another is looked for as long as one that is missing, and not found.
   */
  async find(id: string, sight: RunGlobs): Promise<LeaseRecord> {
    const active = this.#ports.holdings.activeById(id)?.record ?? null;
    const isSeen = active !== null && sight.sees(active.run);
    const record = isSeen ? active : await this.#ports.store.leases.byId(id);
    if (record !== null && record.state !== 'pending' && sight.sees(record.run)) return record;
    throw new EngineError(
      'lease_not_found',
      'no lease has this id; ended leases are forgotten after a while',
      {
        hint: 'acquire a new lease with POST /leases',
      },
    );
  }

  /** The time that an active lease still has; null for an ended one. */
  timeLeft(record: LeaseRecord): TimeLeft | null {
    const { holdings, clock, life } = this.#ports;
    const active = holdings.active(record.number);
    if (active === null) return null;
    const { deadlineMs } = active;
    return { remainingMs: deadlineMs - clock.monotonic(), isLast: life.endOf(active.record) <= deadlineMs };
  }

  async renew(id: string, ttlMs: number | null, sight: RunGlobs): Promise<LeaseRecord> {
    const { holdings, clock, log, observer, life } = this.#ports;
    const active = holdings.activeById(id);
    if (active === null || !sight.sees(active.record.run)) throw leaseEnded(await this.find(id, sight));
    const { number, run } = active.record;
    const renewedMs = this.#renewable(active, ttlMs ?? active.record.ttlMs);
    if (renewedMs <= 0) {
      await this.end(active.record, 'expired', life.reason);
      throw leaseEnded(await this.find(id, sight));
    }
    // It was asked for in time: the lease must not expire while it is looked at and written down.
    this.#keep(active.record, Math.max(active.deadlineMs, clock.monotonic() + renewedMs));
    await this.audit(active.record);
    const change = { ttlMs: renewedMs, renewedAt: clock.now() };
    const renewed: LeaseRecord = { ...active.record, ...change };
    const isRenewed = await this.#unexpired(number, () =>
      log.commit(async (tx, { apply }) => {
        if (!(await changeLease(tx, number, 'active', 'renewed', change))) return false;
        apply(() => this.begin(renewed));
        return true;
      }),
    );
    if (!isRenewed) throw leaseEnded(await this.find(id, sight));
    observer.leaseRenewed({ run, number, ttlMs: renewedMs });
    return renewed;
  }

  /**
   * Releases a lease; no-op when it ended before.
   *
   * @throws EngineError when its snapshot's path cannot be taken away: the lease is released all the same.
   */
  async release(id: string, sight: RunGlobs): Promise<void> {
    const record = await this.find(id, sight);
    if (record.state === 'active') await this.end(record, 'released', null);
    const obstacle = record.snapshotId === null ? null : await this.#ports.remover.gone(record.snapshotId);
    if (obstacle === null) return;
    throw stillThere(`lease ${record.number} is released, but its path is still there`, obstacle);
  }

  /**
   * Ends a lease and, with the last one, its snapshot; resolves when the snapshot's path is gone, or stuck. Null: it had ended before.
   *
   * @param word of the worker that ends a delivery.
   */
  async end(
    record: LeaseRecord,
    state: EndedState,
    reason: string | null,
    word: Word | null = null,
  ): Promise<LeaseRecord | null> {
    const { log, holdings, clock, observer, remover, deliveries, life } = this.#ports;
    const change = { endedAt: clock.now(), endReason: reason, verdict: word?.verdict ?? null };
    const ended: LeaseRecord = { ...record, ...change, state };
    const outcome = await log.commit(async (tx, changes) => {
      if (!(await changeLease(tx, record.number, 'active', state, change))) return null;
      changes.emit({
        run: record.run,
        type: `lease.${state}`,
        subject: String(record.number),
        time: change.endedAt,
        data: { ...describePublicLease(ended, null) },
      });
      changes.apply(() => {
        this.#timers.clear(record.number);
        life.forget(record.number);
        holdings.removeLease(record);
      });
      if (record.delivery !== null) await deliveries.settle(tx, changes, ended, word);
      return { condemned: await letGo(tx, changes, remover, record) };
    });
    if (outcome === null) return null;
    observer.leaseEnded({ run: record.run, number: record.number, step: record.step, state, reason });
    if (outcome.condemned !== null) await remover.gone(outcome.condemned.id);
    return ended;
  }

  /** Ends every lease of a run that is no longer registered. */
  async breakAll(run: string, reason: string): Promise<void> {
    // Grants that were committed before this are among the holdings after it; later ones find the run gone.
    await this.#ports.log.commit(async () => undefined);
    const active = this.#ports.holdings.activeOf(run);
    await Promise.all(active.map(({ record }) => this.end(record, 'broken', reason)));
  }

  /** Finds out whether a lease's files are still there, and ends it as lost if not: nobody is promised files that nobody looked at. */
  async audit(record: LeaseRecord): Promise<void> {
    const { holdings, audit, observer } = this.#ports;
    const snapshot = holdings.snapshot(record.run, record.generation);
    if (snapshot === null || snapshot.id !== record.snapshotId) return;
    try {
      const vanished = await audit.look(snapshot);
      if (vanished !== null) await this.lose(snapshot, vanished);
    } catch (error) {
      // What cannot be looked at is no loss yet, and to let the lease expire would make it one.
      observer.internalError({ during: 'auditing the snapshot of a lease', error });
    }
  }

  /** Something of a snapshot vanished by other hands: everybody who holds it is told so. */
  async lose(snapshot: SnapshotRecord, detail: string): Promise<void> {
    const holders = this.#ports.holdings.holdersOf(snapshot);
    await this.#ports.deliveries.loseHolds(snapshot);
    await Promise.all(holders.map(({ record }) => this.end(record, 'lost', detail)));
  }

  /** Removes a pending lease that cannot be granted, now or as soon as the store takes writes again. Never rejects. */
  async abandon(pending: LeaseRecord): Promise<void> {
    const { log, remover } = this.#ports;
    await log.insist('removing a lease that was not granted', () =>
      log.commit(async (tx, changes) => {
        await changeLease(tx, pending.number, 'pending', 'abandoned');
        await letGo(tx, changes, remover, pending);
      }),
    );
  }

  close(): void {
    this.#timers.clearAll();
  }

  /** How long a renewal may make it: no longer than its life, and what was promised before stays promised. */
  #renewable({ record, deadlineMs }: ActiveLease, ttlMs: number): number {
    const { clock, life } = this.#ports;
    return Math.min(ttlMs, Math.max(life.endOf(record), deadlineMs) - clock.monotonic());
  }

  #keep(record: LeaseRecord, deadlineMs: number): void {
    this.#ports.holdings.putLease(record, deadlineMs);
    this.#timers.set(record.number, deadlineMs);
  }

  /**
   * Runs a renewal's transaction, during which the lease does not expire, however long it takes: an expiry that is asked for meanwhile would be
   * written behind the renewal, and end a lease whose renewal was acknowledged just before.
   */
  async #unexpired<T>(number: number, write: () => Promise<T>): Promise<T> {
    this.#renewals.set(number, (this.#renewals.get(number) ?? 0) + 1);
    try {
      return await write();
    } finally {
      const others = (this.#renewals.get(number) ?? 0) - 1;
      if (others > 0) this.#renewals.set(number, others);
      else {
        this.#renewals.delete(number);
        const active = this.#ports.holdings.active(number);
        if (active !== null) this.#timers.set(number, active.deadlineMs);
      }
    }
  }

  #expire(number: number): void {
    const active = this.#ports.holdings.active(number);
    // What is passed over for a renewal's sake is asked for again when that is over.
    if (active === null || this.#renewals.has(number)) return;
    void this.#ports.log.insist('expiring a lease', async () => {
      // Until the store takes writes again it may have been renewed.
      if (this.#ports.holdings.active(number)?.deadlineMs !== active.deadlineMs) return;
      if (this.#renewals.has(number)) return;
      const { life } = this.#ports;
      const isOver = life.endOf(active.record) <= active.deadlineMs;
      await this.end(active.record, 'expired', isOver ? life.reason : 'it was not renewed within its TTL');
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
