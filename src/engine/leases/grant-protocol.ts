import type { Clock } from '../clock.js';
import type { Changes, EventLog } from '../events/event-log.js';
import type { LeaseRecord } from '../holdings/lease.js';
import { changeLease } from '../holdings/lease-states.js';
import { type Original, originalOf } from '../snapshots/original.js';
import type { Claim, SnapshotClaims } from '../snapshots/snapshot-claims.js';
import { StepVanished } from '../snapshots/snapshot-failure.js';
import type { FinalizedStep } from '../steps/tracked-step.js';
import type { Transaction } from '../store.js';
import type { LiveRun, RunRegistry } from '../watch/run-registry.js';
import type { GrantLimits, LeaseSlot } from './grant-limits.js';
import { noteGrant } from './granted.js';
import { draftLease, type GrantTerms } from './lease-draft.js';
import type { LeaseTerms } from './lease-terms.js';

export interface GrantProtocolPorts {
  readonly log: EventLog;
  readonly clock: Clock;
  readonly terms: LeaseTerms;
  readonly limits: GrantLimits;
  readonly claims: SnapshotClaims;
  readonly runs: RunRegistry;
}

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

  /** @throws StepVanished when the step vanished first; EngineError for everything else. */
  async grant(live: LiveRun, found: FinalizedStep, terms: GrantTerms): Promise<LeaseRecord> {
    const slot = this.#ports.limits.enter(live.run, found.entry.generation, terms.grantedTo);
    try {
      if (live.run.record.options.snapshotMode === 'none')
        return await this.#grantUnprotected(live, found, terms, slot);
      return await this.#grantProtected(live, found, terms, slot);
    } finally {
      slot.free();
    }
  }

  async #grantProtected(
    live: LiveRun,
    found: FinalizedStep,
    terms: GrantTerms,
    slot: LeaseSlot,
  ): Promise<LeaseRecord> {
    await this.#ports.limits.checkSpace(live.run, found.entry);
    const original = await originalOf(live, found);
    const { value: lease, build } = await this.#claim(live, original, terms, slot);
    if (build === null) return lease;
    try {
      await build;
      return await this.#activate(live, lease, terms, slot);
    } catch (error) {
      await this.#ports.terms.abandon(lease);
      const isForgiven = error instanceof StepVanished && !error.whole && terms.ignoreSnapshotErrors;
      if (!isForgiven) throw error;
    }
    return this.#grantUnprotected(live, found, terms, slot);
  }

  /** Mode `none`, or forgiven errors: the holder reads the original, and nothing keeps it. */
  async #grantUnprotected(
    live: LiveRun,
    found: FinalizedStep,
    terms: GrantTerms,
    slot: LeaseSlot,
  ): Promise<LeaseRecord> {
    const { name, step, generation } = found.entry;
    const draft = draftLease(this.#ports.clock, live.run, { name, step, generation }, terms, null);
    return this.#ports.log.commit(async (tx, changes) => {
      this.#ports.runs.expect(live);
      return this.#insertActive(tx, changes, draft, terms, slot);
    });
  }

  /** The lease: active where a snapshot is ready, else pending until the build has ended. */
  #claim(live: LiveRun, original: Original, terms: GrantTerms, slot: LeaseSlot): Promise<Claim<LeaseRecord>> {
    const { claims, clock, runs } = this.#ports;
    return claims.claim(live, original, async (tx, changes, take) => {
      runs.expect(live);
      const snapshot = await take();
      const draft = draftLease(clock, live.run, original.entry, terms, snapshot);
      if (snapshot.state === 'ready') return this.#insertActive(tx, changes, draft, terms, slot);
      return tx.leases.insert({ ...draft, state: 'pending' });
    });
  }

  #activate(live: LiveRun, pending: LeaseRecord, terms: GrantTerms, slot: LeaseSlot): Promise<LeaseRecord> {
    const { clock, log, runs } = this.#ports;
    const grantedAt = clock.now();
    const change = { grantedAt, renewedAt: grantedAt, waitedMs: terms.waitedMs() };
    const lease: LeaseRecord = { ...pending, ...change, state: 'active' };
    return log.commit(async (tx, changes) => {
      runs.expect(live);
      if (!(await changeLease(tx, lease.number, 'pending', 'granted', change)))
        throw new Error(`the row of lease ${lease.number} is no longer pending`);
      return this.#note(tx, changes, lease, terms, slot);
    });
  }

  async #insertActive(
    tx: Transaction,
    changes: Changes,
    draft: Omit<LeaseRecord, 'number'>,
    terms: GrantTerms,
    slot: LeaseSlot,
  ): Promise<LeaseRecord> {
    return this.#note(tx, changes, await tx.leases.insert(draft), terms, slot);
  }

  async #note(
    tx: Transaction,
    changes: Changes,
    lease: LeaseRecord,
    terms: GrantTerms,
    slot: LeaseSlot,
  ): Promise<LeaseRecord> {
    await noteGrant(tx, changes, lease, terms.keyed);
    changes.apply(() => {
      slot.free();
      this.#ports.terms.begin(lease);
    });
    return lease;
  }
}
