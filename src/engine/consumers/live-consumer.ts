import type { Clock } from '../clock.js';
import type { LeaseRecord } from '../holdings/lease.js';
import { Interrupt } from '../signals/interrupt.js';
import { SingleFlight } from '../signals/single-flight.js';
import type { ConsumerRecord, OwedStep } from './consumer.js';

/** A consumer in memory: its record, what it owes, and what only this process knows of both. Changed by what was committed, and by claims. */
export class LiveConsumer {
  readonly run: string;
  readonly name: string;
  /** Raised when the consumer is removed, or the service stops. */
  readonly ended = new Interrupt();
  /** Being taken, by ordinal. */
  readonly holds = new SingleFlight<number, void>();
  readonly #clock: Clock;
  readonly #owed = new Map<number, OwedStep>();
  readonly #claimed = new Set<number>();
  /** By ordinal, on the monotonic clock: not offered before. */
  readonly #dueMs = new Map<number, number>();
  #record: ConsumerRecord;
  #lastGrantMs: number;
  /** Why the last hold failed; null once one has succeeded. */
  lastError: string | null = null;

  constructor(clock: Clock, record: ConsumerRecord, owed: readonly OwedStep[]) {
    this.#clock = clock;
    this.#record = record;
    this.run = record.run;
    this.name = record.name;
    const sinceGrantMs =
      record.lastGrantedAt === null
        ? Number.POSITIVE_INFINITY
        : Math.max(0, clock.now() - record.lastGrantedAt);
    this.#lastGrantMs = clock.monotonic() - sinceGrantMs;
    for (const each of owed) this.put(each);
  }

  get record(): ConsumerRecord {
    return this.#record;
  }

  /** Everything owed, parked ones included, by ordinal. */
  owed(): readonly OwedStep[] {
    return [...this.#owed.values()];
  }

  find(ordinal: number): OwedStep | null {
    return this.#owed.get(ordinal) ?? null;
  }

  byGeneration(generation: string): OwedStep | null {
    return this.owed().find((owed) => owed.generation === generation) ?? null;
  }

  isClaimed(ordinal: number): boolean {
    return this.#claimed.has(ordinal);
  }

  dueMs(ordinal: number): number {
    return this.#dueMs.get(ordinal) ?? Number.NEGATIVE_INFINITY;
  }

  /** The next grant may come then. */
  get nextGrantMs(): number {
    return this.#lastGrantMs + this.#record.settings.minIntervalMs;
  }

  change(change: Partial<ConsumerRecord>): void {
    this.#record = { ...this.#record, ...change };
  }

  noteGrant({ grantedAt, step }: Pick<LeaseRecord, 'grantedAt' | 'step'>): void {
    const lastYielded = Math.max(step, this.#record.lastYielded ?? 0);
    this.change({ lastGrantedAt: grantedAt, lastYielded });
    this.#lastGrantMs = this.#clock.monotonic();
  }

  put(owed: OwedStep): void {
    const before = this.#owed.get(owed.ordinal);
    this.#owed.set(owed.ordinal, owed);
    if (owed.notBefore === (before?.notBefore ?? null)) return;
    if (owed.notBefore === null) this.#dueMs.delete(owed.ordinal);
    else
      this.#dueMs.set(
        owed.ordinal,
        this.#clock.monotonic() + Math.max(0, owed.notBefore - this.#clock.now()),
      );
  }

  /** It is removed, and owes nothing any more. */
  end(): void {
    this.#owed.clear();
    this.ended.raise('run_removed');
  }

  remove(ordinal: number): void {
    this.#owed.delete(ordinal);
    this.#dueMs.delete(ordinal);
  }

  /** Keeps an owed step for one worker while it is being granted; false: another one was faster. */
  claim(ordinal: number): boolean {
    if (this.#claimed.has(ordinal)) return false;
    this.#claimed.add(ordinal);
    return true;
  }

  unclaim(ordinal: number): void {
    this.#claimed.delete(ordinal);
  }
}
