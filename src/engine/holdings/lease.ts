/** What a worker says of a delivery. */
export type Verdict = 'ack' | 'nack';

/** That a lease is the delivery of a step by a consumer, for the `attempt`-th time. */
export interface Delivery {
  readonly consumer: string;
  readonly attempt: number;
}

/**
 * A lease is a term: it is granted once, may be renewed while it lasts, and ends once and for ever.
 *
 *     pending ──grant commits──▶ active ──release──▶ released
 *        │                         ├──no renewal within the TTL──▶ expired
 *        │                         ├──an admin breaks it──▶ broken
 *        ▼                         └──its files vanished by other hands──▶ lost
 *     (row removed: no snapshot, the caller gone, or a crash before the answer)
 *
 * `pending` is never shown. No state after `active` is ever left again.
 */
export type LeaseState = 'pending' | 'active' | 'released' | 'expired' | 'broken' | 'lost';
export type EndedState = Exclude<LeaseState, 'pending' | 'active'>;

export interface LeaseRecord {
  /** Public, strictly increasing in the order of the requests. */
  readonly number: number;
  /** The capability: who knows it holds the lease. Never in lists, events or logs. */
  readonly id: string;
  readonly run: string;
  readonly step: number;
  readonly generation: string;
  /** Null when nothing is protected: mode `none`, or forgiven snapshot errors. */
  readonly snapshotId: number | null;
  readonly state: LeaseState;
  /** The name of the caller's token; null: nobody noted it then. */
  readonly grantedTo: string | null;
  readonly holder: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly path: string;
  readonly relativePath: string | null;
  readonly sourcePath: string;
  readonly ttlMs: number;
  /** Milliseconds since the epoch, like the times below. */
  readonly grantedAt: number;
  readonly renewedAt: number;
  readonly endedAt: number | null;
  readonly endReason: string | null;
  readonly waitedMs: number;
  /** Null: granted by `POST /leases`. */
  readonly delivery: Delivery | null;
  /** How the worker ended the delivery; null: it did not. */
  readonly verdict: Verdict | null;
}

/** The idempotency key of a grant and the lease that it gave. */
export interface GrantKey {
  readonly run: string;
  readonly caller: string;
  readonly key: string;
  /** What was asked for (`step` or `until`), so that another request under the same key is refused. */
  readonly fingerprint: string;
  readonly leaseNumber: number;
  readonly createdAt: number;
}
