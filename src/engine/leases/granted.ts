import type { Changes } from '../events/event-log.js';
import type { LeaseRecord } from '../holdings/lease.js';
import type { Transaction } from '../store.js';
import { type Keyed, KeyTaken } from './grant-keys.js';
import { describePublicLease } from './lease-document.js';

/** What belongs to every grant, in the transaction that makes the lease active: its idempotency key, and its event. */
export async function noteGrant(
  tx: Transaction,
  { emit }: Changes,
  lease: LeaseRecord,
  keyed: Keyed | null,
): Promise<void> {
  if (keyed !== null) {
    const key = { ...keyed, leaseNumber: lease.number, createdAt: lease.grantedAt };
    if (!(await tx.keys.insert(key))) throw new KeyTaken();
  }
  emit({
    run: lease.run,
    type: 'lease.granted',
    subject: String(lease.number),
    time: lease.grantedAt,
    data: { ...describePublicLease(lease, { remainingMs: lease.ttlMs, isLast: false }) },
  });
}
