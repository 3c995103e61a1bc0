import type { RunGlobs } from './access/run-globs.js';
import type { TokenReader, TokenWriter } from './access/token.js';
import type { Acknowledgement, ConsumerRecord, OwedDraft, OwedStep } from './consumers/consumer.js';
import type { EventDraft, EventType, StoredEvent } from './events/event.js';
import type { GrantKey, LeaseRecord, LeaseState } from './holdings/lease.js';
import type { SnapshotDraft, SnapshotRecord, SnapshotState } from './holdings/snapshot.js';
import type { RunRecord } from './runs/run.js';
import type { StepEntry } from './steps/step.js';
import type { WaitRecord, WaitSummary } from './waits/wait.js';

/**
 * The durable memory of the service. One suite in `test/conformance` is the specification of every method; a new storage
 * engine is right when it passes.
 *
 * Writes go through `write` alone. Its work runs atomically: all of it is durable when the promise resolves, none of it happened when it
 * rejects. Works run one after the other, in the order of the calls, and the promises resolve in that order. Works that are asked
 * for in one turn of the event loop may share one commit; one that fails takes none of the others with it. A store may run a work anew
 * that lost a race, so a work decides by what it reads in its transaction, returns what it decided, and changes nothing else.
 *
 * Memory proposes, rows decide: a write that other hands may have made pointless tells whether it changed a row.
 */
export interface Store {
  /** Made when the storage was made: cursors and snapshot directories carry it. Path-safe, at most 32 characters. */
  readonly id: string;
  write<T>(work: (tx: Transaction) => Promise<T>): Promise<T>;
  readonly runs: RunReader;
  readonly steps: StepReader;
  readonly events: EventReader;
  readonly snapshots: SnapshotReader;
  readonly leases: LeaseReader;
  readonly keys: GrantKeyReader;
  readonly consumers: ConsumerReader;
  readonly waits: WaitReader;
  readonly tokens: TokenReader;
  /** Waits for the writes under way, then lets go of the storage. */
  close(): Promise<void>;
}

/** Reads inside a transaction see its own writes. */
export interface Transaction {
  readonly runs: RunWriter;
  readonly steps: StepWriter;
  readonly events: EventWriter;
  readonly snapshots: SnapshotWriter;
  readonly leases: LeaseWriter;
  readonly keys: GrantKeyWriter;
  readonly consumers: ConsumerWriter;
  readonly waits: WaitWriter;
  readonly tokens: TokenWriter;
}

export interface RunReader {
  /** By name. */
  list(): Promise<readonly RunRecord[]>;
}
export interface RunWriter extends RunReader {
  /** Inserts, or replaces the one of that name. */
  put(run: RunRecord): Promise<void>;
  /** Removes the run with its steps, grant keys and consumers. Its events, waits and ended leases stay until they are pruned. */
  remove(name: string): Promise<boolean>;
}

export interface StepReader {
  list(run: string): Promise<readonly StepEntry[]>;
}
export interface StepWriter extends StepReader {
  /** Inserts, or replaces those of the same run and entry name. */
  put(run: string, entries: readonly StepEntry[]): Promise<void>;
  /** Returns the names of those that were there. */
  remove(run: string, names: readonly string[]): Promise<readonly string[]>;
}

export interface EventQuery {
  /** Only events behind this position. */
  readonly after: number;
  readonly limit: number;
  readonly runs: RunGlobs;
  /** Null: of all types. */
  readonly types: readonly EventType[] | null;
}
export interface EventPage {
  readonly events: readonly StoredEvent[];
  /** Everything up to here was considered: the position to ask on from. */
  readonly through: number;
  /** More events that match stand behind `through`. */
  readonly more: boolean;
}
export interface EventRange {
  /** Position of the oldest event kept; one more than `newest` when none is. */
  readonly oldest: number;
  /** Position of the newest event ever appended, pruned or not; 0 before the first. */
  readonly newest: number;
}
export interface EventReader {
  page(query: EventQuery): Promise<EventPage>;
  range(): Promise<EventRange>;
}
export interface EventWriter extends EventReader {
  /** Gives each draft the next position, in order. */
  append(drafts: readonly EventDraft[]): Promise<readonly StoredEvent[]>;
  /** Removes the oldest events: those before the time, and those beyond the count. At most `atMost` rows in one call; returns how many. */
  prune(limits: { readonly before: number; readonly keep: number; readonly atMost: number }): Promise<number>;
}

export interface SnapshotReader {
  /** By id. */
  list(): Promise<readonly SnapshotRecord[]>;
  /** The one of a generation, in whatever state: there is at most one. */
  find(run: string, generation: string): Promise<SnapshotRecord | null>;
  /** The highest id that was ever given, or skipped; 0 before the first. */
  lastId(): Promise<number>;
}
export interface SnapshotWriter extends SnapshotReader {
  /** Inserts with the next id, never used before, under the path for it. */
  insert(draft: SnapshotDraft): Promise<SnapshotRecord>;
  /** Takes one from a state to the next; false: it is in another one, or gone. */
  advance(id: number, from: SnapshotState, to: SnapshotState): Promise<boolean>;
  remove(id: number): Promise<boolean>;
  /** Gives no id up to this one out any more: what lies on the disk bears it. */
  skipTo(id: number): Promise<void>;
}

export interface LeaseQuery {
  readonly runs: RunGlobs;
  /** Null: every state but `pending`. */
  readonly state: LeaseState | null;
  readonly step: number | null;
  /** Only numbers above it. */
  readonly after: number;
  readonly limit: number;
}
export interface LeaseReader {
  /** Ascending by number. */
  list(query: LeaseQuery): Promise<readonly LeaseRecord[]>;
  byId(id: string): Promise<LeaseRecord | null>;
  byNumber(number: number): Promise<LeaseRecord | null>;
}
export interface LeaseWriter extends LeaseReader {
  /** Inserts with the next number, never used before. */
  insert(lease: Omit<LeaseRecord, 'number'>): Promise<LeaseRecord>;
  /** Changes the fields given of one in a state; false: it is in another one, or gone. */
  update(
    number: number,
    from: LeaseState,
    change: Partial<
      Pick<
        LeaseRecord,
        | 'state'
        | 'snapshotId'
        | 'path'
        | 'relativePath'
        | 'ttlMs'
        | 'grantedAt'
        | 'renewedAt'
        | 'endedAt'
        | 'endReason'
        | 'waitedMs'
        | 'verdict'
      >
    >,
  ): Promise<boolean>;
  /** Removes a pending lease for good: nobody was ever told of it. */
  remove(number: number): Promise<boolean>;
  /** Leases, pending or active, that need the snapshot. */
  countHolding(snapshotId: number): Promise<number>;
  /** Removes leases that ended before the time, with their grant keys; at most `atMost`; returns how many. */
  prune(limits: { readonly endedBefore: number; readonly atMost: number }): Promise<number>;
}

export interface GrantKeyReader {
  find(run: string, caller: string, key: string): Promise<GrantKey | null>;
}
export interface GrantKeyWriter extends GrantKeyReader {
  /** False: the same run, caller and key have a lease already, and keep it. */
  insert(key: GrantKey): Promise<boolean>;
  prune(limits: { readonly createdBefore: number; readonly atMost: number }): Promise<number>;
}

export interface AcknowledgementQuery {
  readonly run: string;
  readonly consumer: string;
  /** Only numbers above it. */
  readonly after: number;
  readonly limit: number;
}
export interface ConsumerReader {
  /** By run and name. */
  list(): Promise<readonly ConsumerRecord[]>;
  /** By ordinal, parked ones included. */
  owed(run: string, consumer: string): Promise<readonly OwedStep[]>;
  /** Ascending by number. */
  acknowledgements(query: AcknowledgementQuery): Promise<readonly Acknowledgement[]>;
  /** The acknowledgement with the highest ordinal below `before`. */
  lastAcknowledged(run: string, consumer: string, before: number): Promise<Acknowledgement | null>;
}
export interface ConsumerWriter extends ConsumerReader {
  insert(consumer: ConsumerRecord): Promise<void>;
  update(
    run: string,
    name: string,
    change: Partial<Pick<ConsumerRecord, 'settings' | 'position' | 'lastYielded' | 'lastGrantedAt'>>,
  ): Promise<void>;
  /** Removes the consumer with what it owes and what was acknowledged. */
  remove(run: string, name: string): Promise<void>;
  /** Takes up generations that are neither owed nor acknowledged yet, each with the next ordinal; returns those. None where the consumer is gone. */
  owe(run: string, consumer: string, drafts: readonly OwedDraft[]): Promise<readonly OwedStep[]>;
  findOwed(run: string, consumer: string, ordinal: number): Promise<OwedStep | null>;
  /** The one that a lease delivers. */
  owedByLease(leaseNumber: number): Promise<OwedStep | null>;
  /** Replaces the one of that ordinal; false: it is no longer owed. */
  putOwed(owed: OwedStep): Promise<boolean>;
  removeOwed(owed: OwedStep): Promise<boolean>;
  /** Inserts with the next number of the consumer. */
  acknowledge(acknowledgement: Omit<Acknowledgement, 'number'>): Promise<void>;
  /** Owed steps that need the snapshot. */
  countHolding(snapshotId: number): Promise<number>;
}

export interface WaitQuery {
  readonly runs: RunGlobs;
  /** Only records older than this position, as given by `WaitPage.next`; null: from the newest. */
  readonly before: number | null;
  readonly limit: number;
}
export interface WaitPage {
  readonly waits: readonly WaitRecord[];
  /** Position to go on from, null at the end. */
  readonly next: number | null;
}
export interface WaitReader {
  /** The newest first. */
  page(query: WaitQuery): Promise<WaitPage>;
  /** Percentiles by the nearest-rank method over every record kept. */
  summary(runs: RunGlobs): Promise<WaitSummary>;
}
export interface WaitWriter extends WaitReader {
  append(waits: readonly WaitRecord[]): Promise<void>;
  prune(limits: { readonly before: number; readonly keep: number; readonly atMost: number }): Promise<number>;
}
