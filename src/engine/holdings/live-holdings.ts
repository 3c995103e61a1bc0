import type { Holdings } from './holdings.js';
import type { LeaseRecord } from './lease.js';
import type { SnapshotRecord } from './snapshot.js';

/** An active lease with the moment, on the monotonic clock, up to which its holder was promised it. */
export interface ActiveLease {
  readonly record: LeaseRecord;
  readonly deadlineMs: number;
}

/** The active leases and the ready snapshots, in memory; the store has the same, durably. */
export class LiveHoldings implements Holdings {
  readonly #leases = new Map<number, ActiveLease>();
  readonly #numbers = new Map<string, number>();
  readonly #perGeneration = new Map<string, Set<number>>();
  readonly #perCaller = new Map<string, Set<number>>();
  readonly #snapshots = new Map<string, SnapshotRecord>();

  get activeCount(): number {
    return this.#leases.size;
  }

  /** Active leases that were granted to a caller. */
  activeCountOf(caller: string): number {
    return this.#perCaller.get(caller)?.size ?? 0;
  }

  active(number: number): ActiveLease | null {
    return this.#leases.get(number) ?? null;
  }

  activeById(id: string): ActiveLease | null {
    const number = this.#numbers.get(id);
    return number === undefined ? null : this.active(number);
  }

  allActive(): readonly ActiveLease[] {
    return [...this.#leases.values()];
  }

  activeOf(run: string): readonly ActiveLease[] {
    return [...this.#leases.values()].filter(({ record }) => record.run === run);
  }

  holdersOf(snapshot: SnapshotRecord): readonly ActiveLease[] {
    return this.#holders(snapshot.run, snapshot.generation).filter(
      ({ record }) => record.snapshotId === snapshot.id,
    );
  }

  activeLeases(run: string, generation: string): number {
    return this.#perGeneration.get(keyOf(run, generation))?.size ?? 0;
  }

  snapshot(run: string, generation: string): SnapshotRecord | null {
    return this.#snapshots.get(keyOf(run, generation)) ?? null;
  }

  snapshotsOf(run: string): readonly SnapshotRecord[] {
    return [...this.#snapshots.values()].filter((snapshot) => snapshot.run === run);
  }

  allSnapshots(): readonly SnapshotRecord[] {
    return [...this.#snapshots.values()];
  }

  putLease(record: LeaseRecord, deadlineMs: number): void {
    this.#leases.set(record.number, { record, deadlineMs });
    this.#numbers.set(record.id, record.number);
    addTo(this.#perGeneration, keyOf(record.run, record.generation), record.number);
    if (record.grantedTo !== null) addTo(this.#perCaller, record.grantedTo, record.number);
  }

  removeLease(record: LeaseRecord): void {
    this.#leases.delete(record.number);
    this.#numbers.delete(record.id);
    removeFrom(this.#perGeneration, keyOf(record.run, record.generation), record.number);
    if (record.grantedTo !== null) removeFrom(this.#perCaller, record.grantedTo, record.number);
  }

  putSnapshot(snapshot: SnapshotRecord): void {
    this.#snapshots.set(keyOf(snapshot.run, snapshot.generation), snapshot);
  }

  removeSnapshot(snapshot: SnapshotRecord): void {
    this.#snapshots.delete(keyOf(snapshot.run, snapshot.generation));
  }

  #holders(run: string, generation: string): readonly ActiveLease[] {
    const numbers = this.#perGeneration.get(keyOf(run, generation)) ?? [];
    return [...numbers].flatMap((number) => this.active(number) ?? []);
  }
}

function addTo(sets: Map<string, Set<number>>, key: string, number: number): void {
  sets.set(key, (sets.get(key) ?? new Set()).add(number));
}

function removeFrom(sets: Map<string, Set<number>>, key: string, number: number): void {
  const numbers = sets.get(key);
  numbers?.delete(number);
  if (numbers?.size === 0) sets.delete(key);
}

function keyOf(run: string, generation: string): string {
  return `${run}/${generation}`;
}
