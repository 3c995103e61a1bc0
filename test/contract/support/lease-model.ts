import type { LeaseDocument } from '../../../src/engine/documents.js';
import type { Files } from './trainer.js';

export interface ModelLease {
  readonly lease: LeaseDocument;
  readonly contents: Files;
  state: 'active' | 'released' | 'expired' | 'broken' | 'lost';
  ttlMs: number;
  /** On the monotonic clock: the promise that was acknowledged last. */
  deadlineMs: number;
}

/** What is known from the answers alone. */
export class LeaseModel {
  readonly layout: 'generation' | 'orbax';
  /** Contents of the steps that are there. */
  readonly steps = new Map<number, Files>();
  readonly leases: ModelLease[] = [];
  /** Paths of snapshots that other hands damaged. */
  readonly damaged = new Set<string>();
  /** Every path ever granted, with its generation. */
  readonly generations = new Map<string, string>();
  savings = 0;

  constructor(layout: 'generation' | 'orbax') {
    this.layout = layout;
  }

  get active(): readonly ModelLease[] {
    return this.leases.filter(({ state }) => state === 'active');
  }

  /** Counted from the newest; of the few there are, one is always meant. */
  which(index: number): ModelLease | undefined {
    return this.leases[this.leases.length - 1 - (index % Math.max(1, this.leases.length))];
  }

  holders(path: string): readonly ModelLease[] {
    return this.active.filter(({ lease }) => lease.path === path);
  }

  end(held: ModelLease, state: Exclude<ModelLease['state'], 'active'>): void {
    held.state = state;
    if (this.holders(held.lease.path).length === 0) this.damaged.delete(held.lease.path);
  }

  /** Everybody who holds a damaged snapshot is told so at the same time. */
  lose(path: string): void {
    for (const held of this.holders(path)) this.end(held, 'lost');
  }
}
