import type { LeaseDocument, PublicLeaseDocument } from '../documents.js';
import type { LeaseRecord } from '../holdings/lease.js';
import { isoTime, seconds } from '../units.js';

/** A lease is renewed well before it ends: after a third of its TTL, so that two attempts may fail. */
const RENEW_FRACTION = 3;

/**
 * @param remainingMs until the promise ends, by the monotonic clock; null for a lease that ended.
 */
export function describePublicLease(record: LeaseRecord, remainingMs: number | null): PublicLeaseDocument {
  if (record.state === 'pending') throw new Error(`lease ${record.number} is not granted yet`);
  const isActive = record.state === 'active' && remainingMs !== null;
  return {
    number: record.number,
    run: record.run,
    step: record.step,
    generation: record.generation,
    state: record.state,
    holder: record.holder,
    labels: record.labels,
    path: record.path,
    relative_path: record.relativePath,
    source_path: record.sourcePath,
    snapshot: record.snapshotId !== null,
    ttl: seconds(record.ttlMs),
    ttl_remaining: isActive ? seconds(Math.max(0, remainingMs)) : null,
    renew_after: isActive ? seconds(record.ttlMs / RENEW_FRACTION) : null,
    granted_at: isoTime(record.grantedAt),
    expires_at: isoTime(record.renewedAt + record.ttlMs),
    ended_at: record.endedAt === null ? null : isoTime(record.endedAt),
    end_reason: record.endReason,
    waited: seconds(record.waitedMs),
    delivery: record.delivery,
  };
}

export function describeLease(record: LeaseRecord, remainingMs: number | null): LeaseDocument {
  return { kind: 'lease', id: record.id, ...describePublicLease(record, remainingMs) };
}
