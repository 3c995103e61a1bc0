import type { Principal } from '../access/principal.js';
import type { LeaseDocument, PublicLeaseDocument } from '../documents.js';
import type { LeaseRecord } from '../holdings/lease.js';
import { isoTime, seconds } from '../units.js';

/** A lease is renewed well before it ends: after a third of its TTL, so that two attempts may fail. */
const RENEW_FRACTION = 3;

/** Of an active lease. */
export interface TimeLeft {
  /** Until the promise ends, by the monotonic clock. */
  readonly remainingMs: number;
  /** No renewal makes it longer. */
  readonly isLast: boolean;
}

/** @param time null for a lease that ended. */
export function describePublicLease(record: LeaseRecord, time: TimeLeft | null): PublicLeaseDocument {
  if (record.state === 'pending') throw new Error(`lease ${record.number} is not granted yet`);
  const remainingMs = record.state === 'active' && time !== null ? Math.max(0, time.remainingMs) : null;
  const renewAfterMs = time?.isLast === true ? remainingMs : record.ttlMs / RENEW_FRACTION;
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
    ttl_remaining: remainingMs === null ? null : seconds(remainingMs),
    renew_after: remainingMs === null || renewAfterMs === null ? null : seconds(renewAfterMs),
    granted_at: isoTime(record.grantedAt),
    expires_at: isoTime(record.renewedAt + record.ttlMs),
    ended_at: record.endedAt === null ? null : isoTime(record.endedAt),
    end_reason: record.endReason,
    waited: seconds(record.waitedMs),
    delivery: record.delivery,
  };
}

/** The same, with what only admins are told. */
export function toldTo<T extends PublicLeaseDocument>(
  { scope }: Principal,
  { grantedTo }: LeaseRecord,
  document: T,
): T {
  return scope === 'admin' ? { ...document, granted_to: grantedTo } : document;
}

export function describeLease(record: LeaseRecord, time: TimeLeft | null): LeaseDocument {
  return { kind: 'lease', id: record.id, ...describePublicLease(record, time) };
}
