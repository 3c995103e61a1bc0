import type { LeaseDocument } from '../../../src/engine/documents.js';

export interface ModelStep {
  readonly step: number;
  state: 'pending' | 'in_flight' | 'acked' | 'parked';
  attempts: number;
  /** On the monotonic clock: not offered before. */
  dueMs: number;
  /** The delivery under way. */
  lease: LeaseDocument | null;
  /** Up to then the lease was promised. */
  deadlineMs: number;
}

export interface ModelSettings {
  readonly maxInFlight: number;
  readonly maxDeliver: number;
  readonly ttlMs: number;
}

/** What a consumer must do next, from its rules and from the answers alone. */
export class ConsumerModel {
  readonly settings: ModelSettings;
  readonly steps: ModelStep[] = [];
  /** In the order of the acknowledgements. */
  readonly acked: number[] = [];

  constructor(settings: ModelSettings) {
    this.settings = settings;
  }

  get inFlight(): readonly ModelStep[] {
    return this.of('in_flight');
  }

  of(state: ModelStep['state']): readonly ModelStep[] {
    return this.steps.filter((each) => each.state === state);
  }

  /** Of the few deliveries under way, one is always meant. */
  which(index: number): ModelStep | undefined {
    const { inFlight } = this;
    return inFlight[index % Math.max(1, inFlight.length)];
  }

  save(): number {
    const step = (this.steps.length + 1) * 10;
    const fresh = { state: 'pending', attempts: 0, dueMs: 0, lease: null, deadlineMs: 0 } as const;
    this.steps.push({ step, ...fresh });
    return step;
  }

  /** The step that a worker must get now, or why none. */
  next(nowMs: number): ModelStep | 'timeout' | 'in_flight_limit' {
    const due = this.of('pending').find(({ dueMs }) => dueMs <= nowMs);
    if (due === undefined) return 'timeout';
    return this.inFlight.length < this.settings.maxInFlight ? due : 'in_flight_limit';
  }

  deliver(step: ModelStep, lease: LeaseDocument, nowMs: number): void {
    step.state = 'in_flight';
    step.attempts += 1;
    step.lease = lease;
    step.deadlineMs = nowMs + this.settings.ttlMs;
  }

  acknowledge(step: ModelStep): void {
    step.state = 'acked';
    step.lease = null;
    this.acked.push(step.step);
  }

  /** The delivery ended without an acknowledgement. */
  giveBack(step: ModelStep, dueMs: number): void {
    step.state = step.attempts >= this.settings.maxDeliver ? 'parked' : 'pending';
    step.lease = null;
    step.dueMs = dueMs;
  }

  /** The last one before the first that is still open. */
  get lastAcked(): number | null {
    const open = this.steps.findIndex(({ state }) => state === 'pending' || state === 'in_flight');
    const before = open === -1 ? this.steps : this.steps.slice(0, open);
    return before.findLast(({ state }) => state === 'acked')?.step ?? null;
  }
}
