import type { Clock } from '../clock.js';
import type { Emit, EventLog } from '../events/event-log.js';
import type { LeaseRecord } from '../holdings/lease.js';
import type { SnapshotRecord } from '../holdings/snapshot.js';
import { type Original, originalOf } from '../snapshots/original.js';
import type { SnapshotBuilder } from '../snapshots/snapshot-builder.js';
import { claimSnapshot } from '../snapshots/snapshot-claim.js';
import { StepGone } from '../snapshots/snapshot-failure.js';
import { contendedPath } from '../snapshots/snapshot-paths.js';
import type { SnapshotRemover } from '../snapshots/snapshot-remover.js';
import type { TrackedStep } from '../steps/tracked-step.js';
import type { Transaction } from '../store.js';
import { runNotFound } from '../watch/run-errors.js';
import type { LiveRun, RunRegistry } from '../watch/run-registry.js';
import type { GrantLimits, Place } from './grant-limits.js';
import { noteGrant } from './granted.js';
import { draftLease, type GrantTerms } from './lease-draft.js';
import type { LeaseTerms } from './lease-terms.js';

export interface GrantProtocolPorts {
  readonly log: EventLog;
  readonly clock: Clock;
  readonly terms: LeaseTerms;
  readonly limits: GrantLimits;
  readonly builder: SnapshotBuilder;
  readonly remover: SnapshotRemover;
  readonly runs: RunRegistry;
}

type Build = Promise<SnapshotRecord>;

type Placed =
  /** A snapshot was ready: the lease is active. */
  | { readonly role: 'granted'; readonly lease: LeaseRecord }
  /** The lease is pending until the snapshot is built. */
  | { readonly role: 'builder'; readonly lease: LeaseRecord; readonly snapshot: SnapshotRecord }
  | { readonly role: 'joiner'; readonly lease: LeaseRecord; readonly build: Build }
  /** The snapshot is being removed, or undone: it is never joined. */
  | { readonly role: 'late' };

/**
 * Grants a lease on one step, in the order that makes a crash harmless at any point:
 * 1. one transaction: the snapshot's row `building`, the lease's row `pending`; or join one that is building; or, where one is ready, the lease `active` at once;
 * 2. the snapshot is built, verified against the inventory of the step's discovery, and renamed into place;
 * 3. its row becomes `ready`; 4. one transaction: the lease `active`, its event, its key. Only then the caller hears of it.
 */
export class GrantProtocol {
  readonly #ports: GrantProtocolPorts;

  constructor(ports: GrantProtocolPorts) {
    this.#ports = ports;
  }

  /** @throws StepGone when the step vanished first; EngineError for everything else. */
  async grant(live: LiveRun, found: TrackedStep, terms: GrantTerms): Promise<LeaseRecord> {
    const place = this.#ports.limits.enter(live.run, found.entry.generation ?? '');
    try {
      if (live.run.record.options.snapshotMode === 'none')
        return await this.#grantUnprotected(live, found, terms, place);
      return await this.#grantProtected(live, found, terms, place);
    } finally {
      place.leave();
    }
  }

  async #grantProtected(
    live: LiveRun,
    found: TrackedStep,
    terms: GrantTerms,
    place: Place,
  ): Promise<LeaseRecord> {
    await this.#ports.limits.checkSpace(live.run);
    const original = await originalOf(live, found);
    for (;;) {
      const { generation, name } = original.entry;
      await this.#ports.remover.clear(live.run.name, generation, contendedPath(live.run.record, name));
      const { lease, build } = await this.#place(live, original, terms, place);
      if (lease === null) continue;
      if (build === null) return lease;
      try {
        await build;
        return await this.#activate(live, lease, terms, place);
      } catch (error) {
        await this.#ports.terms.abandon(lease);
        const isForgiven = error instanceof StepGone && !error.whole && terms.ignoreSnapshotErrors;
        if (!isForgiven) throw error;
      }
      return this.#grantUnprotected(live, found, terms, place);
    }
  }

  /** Mode `none`, or forgiven errors: the holder reads the original, and nothing keeps it. */
  async #grantUnprotected(
    live: LiveRun,
    found: TrackedStep,
    terms: GrantTerms,
    place: Place,
  ): Promise<LeaseRecord> {
    const draft = draftLease(this.#ports.clock, live.run, found.entry, terms, null);
    return this.#commitGrant(live, place, async (tx, emit) => this.#insertActive(tx, emit, draft, terms));
  }

  /** The lease with the build that it waits for, null when it is active already; no lease when it came too late for the snapshot. */
  async #place(
    live: LiveRun,
    original: Original,
    terms: GrantTerms,
    place: Place,
  ): Promise<{ readonly lease: LeaseRecord | null; readonly build: Build | null }> {
    const { log, builder, runs } = this.#ports;
    const { run } = live;
    let build: Build | null = null;
    const placed = await log.commit(
      (tx, emit) => this.#placeIn(tx, emit, live, original, terms),
      (value, events) => {
        if (value.role === 'granted') this.#begin(value.lease, place);
        else if (value.role === 'builder') build = builder.build(run, original, value.snapshot);
        else if (value.role === 'joiner') build = value.build;
        runs.noteEvents(events);
      },
    );
    return { lease: placed.role === 'late' ? null : placed.lease, build };
  }

  async #placeIn(
    tx: Transaction,
    emit: Emit,
    live: LiveRun,
    original: Original,
    terms: GrantTerms,
  ): Promise<Placed> {
    const { run } = live;
    this.#checkRegistered(live);
    const claim = await claimSnapshot(tx, this.#ports.builder, run, original);
    if (claim.role === 'late') return claim;
    const draft = draftLease(this.#ports.clock, run, original.entry, terms, claim.snapshot);
    if (claim.role === 'sharer')
      return { role: 'granted', lease: await this.#insertActive(tx, emit, draft, terms) };
    return { ...claim, lease: await tx.leases.insert({ ...draft, state: 'pending' }) };
  }

  #activate(live: LiveRun, pending: LeaseRecord, terms: GrantTerms, place: Place): Promise<LeaseRecord> {
    const grantedAt = this.#ports.clock.now();
    const change = { state: 'active', grantedAt, renewedAt: grantedAt, waitedMs: terms.waitedMs() } as const;
    const lease: LeaseRecord = { ...pending, ...change };
    return this.#commitGrant(live, place, async (tx, emit) => {
      await tx.leases.update(lease.number, change);
      await noteGrant(tx, emit, lease, terms.keyed);
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
    await noteGrant(tx, emit, lease, terms.keyed);
    return lease;
  }

  #commitGrant(
    live: LiveRun,
    place: Place,
    work: (tx: Transaction, emit: Emit) => Promise<LeaseRecord>,
  ): Promise<LeaseRecord> {
    const { log, runs } = this.#ports;
    return log.commit(
      async (tx, emit) => {
        this.#checkRegistered(live);
        return work(tx, emit);
      },
      (lease, events) => {
        this.#begin(lease, place);
        runs.noteEvents(events);
      },
    );
  }

  #begin(lease: LeaseRecord, place: Place): void {
    place.leave();
    this.#ports.terms.begin(lease);
  }

  /** The run may have been removed while its step was being snapshotted, and its leases were ended then. */
  #checkRegistered({ run }: LiveRun): void {
    if (this.#ports.runs.find(run.name)?.run !== run) throw runNotFound(run.name);
  }
}
