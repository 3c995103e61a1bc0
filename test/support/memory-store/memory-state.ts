import type { TokenRecord } from '../../../src/engine/access/token.js';
import type { Acknowledgement, ConsumerRecord, OwedStep } from '../../../src/engine/consumers/consumer.js';
import type { StoredEvent } from '../../../src/engine/events/event.js';
import type { GrantKey, LeaseRecord } from '../../../src/engine/holdings/lease.js';
import type { SnapshotRecord } from '../../../src/engine/holdings/snapshot.js';
import type { RunRecord } from '../../../src/engine/runs/run.js';
import type { StepEntry } from '../../../src/engine/steps/step.js';
import type { WaitRecord } from '../../../src/engine/waits/wait.js';

/** A consumer with what belongs to it. It is replaced, never changed. */
export interface ConsumerState {
  readonly record: ConsumerRecord;
  /** By ordinal. */
  readonly owed: readonly OwedStep[];
  readonly acknowledgements: readonly Acknowledgement[];
  /** The highest ordinal and the highest number that were ever given. */
  readonly taken: number;
  readonly acknowledged: number;
}

export interface TokenState {
  readonly record: TokenRecord;
  readonly isRevoked: boolean;
}

export interface PlacedWait {
  readonly position: number;
  readonly record: WaitRecord;
}

/**
 * All that a store remembers. A work changes the containers of its own copy; the records in them are replaced and never changed, so
 * a copy of the containers is a copy of everything.
 */
export interface MemoryState {
  readonly runs: Map<string, RunRecord>;
  /** By run, then by entry name. */
  readonly steps: Map<string, ReadonlyMap<string, StepEntry>>;
  readonly snapshots: Map<number, SnapshotRecord>;
  readonly leases: Map<number, LeaseRecord>;
  /** By `keyOf` run, caller and key. */
  readonly keys: Map<string, GrantKey>;
  /** By `keyOf` run and name. */
  readonly consumers: Map<string, ConsumerState>;
  /** By name; a revoked one stays, for there has been one. */
  readonly tokens: Map<string, TokenState>;
  events: readonly StoredEvent[];
  waits: readonly PlacedWait[];
  lastEvent: number;
  lastSnapshot: number;
  lastLease: number;
  lastWait: number;
}

export function emptyState(): MemoryState {
  return {
    runs: new Map(),
    steps: new Map(),
    snapshots: new Map(),
    leases: new Map(),
    keys: new Map(),
    consumers: new Map(),
    tokens: new Map(),
    events: [],
    waits: [],
    lastEvent: 0,
    lastSnapshot: 0,
    lastLease: 0,
    lastWait: 0,
  };
}

export function copyOf(state: MemoryState): MemoryState {
  return {
    ...state,
    runs: new Map(state.runs),
    steps: new Map(state.steps),
    snapshots: new Map(state.snapshots),
    leases: new Map(state.leases),
    keys: new Map(state.keys),
    consumers: new Map(state.consumers),
    tokens: new Map(state.tokens),
  };
}

/** One text for several names, whatever characters are in them. */
export function keyOf(...names: readonly string[]): string {
  return JSON.stringify(names);
}

/** Which state a table reads and changes: the last commit, or the copy of the work that has it. */
export type Current = () => MemoryState;
