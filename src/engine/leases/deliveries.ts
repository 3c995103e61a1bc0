import type { Changes } from '../events/event-log.js';
import type { LeaseRecord } from '../holdings/lease.js';
import type { SnapshotRecord } from '../holdings/snapshot.js';
import type { JsonObject } from '../json.js';
import type { Transaction } from '../store.js';

/** What a worker says when it ends a delivery. */
export type Word =
  | { readonly verdict: 'ack'; readonly result: JsonObject | null }
  | { readonly verdict: 'nack'; readonly delayMs: number };

/** What leases owe to consumers: they are told of every end of a delivery within the transaction that makes it so. */
export interface Deliveries {
  /** @param word null: the lease ended in another way. */
  settle(tx: Transaction, changes: Changes, ended: LeaseRecord, word: Word | null): Promise<void>;
  /** The files of a snapshot vanished by other hands: who holds it holds nothing. */
  loseHolds(snapshot: SnapshotRecord): Promise<void>;
}
