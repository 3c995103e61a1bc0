import type { Delivery, LeaseRecord, LeaseState, Verdict } from '../../engine/holdings/lease.js';
import type { LeaseWriter } from '../../engine/store.js';
import { fromJson, toJson } from './columns.js';
import type { LeaseRow } from './schema.js';

export type LeaseChange = Parameters<LeaseWriter['update']>[2];

export const LEASE_COLUMNS = [
  'number',
  'id',
  'run',
  'step',
  'generation',
  'snapshot_id',
  'state',
  'granted_to',
  'holder',
  'labels_json',
  'path',
  'relative_path',
  'source_path',
  'ttl_ms',
  'granted_at',
  'renewed_at',
  'ended_at',
  'end_reason',
  'waited_ms',
  'consumer',
  'attempt',
  'verdict',
] as const satisfies readonly (keyof LeaseRow)[];

export const CHANGEABLE_LEASE_COLUMNS = {
  state: 'state',
  snapshotId: 'snapshot_id',
  path: 'path',
  relativePath: 'relative_path',
  ttlMs: 'ttl_ms',
  grantedAt: 'granted_at',
  renewedAt: 'renewed_at',
  endedAt: 'ended_at',
  endReason: 'end_reason',
  waitedMs: 'waited_ms',
  verdict: 'verdict',
} as const satisfies Record<keyof LeaseChange, keyof LeaseRow>;

export function toLeaseRow(lease: LeaseRecord): LeaseRow {
  return {
    number: lease.number,
    id: lease.id,
    run: lease.run,
    step: lease.step,
    generation: lease.generation,
    snapshot_id: lease.snapshotId,
    state: lease.state,
    granted_to: lease.grantedTo,
    holder: lease.holder,
    labels_json: toJson(lease.labels),
    path: lease.path,
    relative_path: lease.relativePath,
    source_path: lease.sourcePath,
    ttl_ms: lease.ttlMs,
    granted_at: lease.grantedAt,
    renewed_at: lease.renewedAt,
    ended_at: lease.endedAt,
    end_reason: lease.endReason,
    waited_ms: lease.waitedMs,
    consumer: lease.delivery?.consumer ?? null,
    attempt: lease.delivery?.attempt ?? null,
    verdict: lease.verdict,
  };
}

export function toLease(row: LeaseRow): LeaseRecord {
  return {
    number: row.number,
    id: row.id,
    run: row.run,
    step: row.step,
    generation: row.generation,
    snapshotId: row.snapshot_id,
    // Written by `toLeaseRow` from a `LeaseState`.
    state: row.state as LeaseState,
    grantedTo: row.granted_to,
    holder: row.holder,
    labels: fromJson(row.labels_json),
    path: row.path,
    relativePath: row.relative_path,
    sourcePath: row.source_path,
    ttlMs: row.ttl_ms,
    grantedAt: row.granted_at,
    renewedAt: row.renewed_at,
    endedAt: row.ended_at,
    endReason: row.end_reason,
    waitedMs: row.waited_ms,
    delivery: toDelivery(row),
    // Written by `toLeaseRow` from a `Verdict`.
    verdict: row.verdict as Verdict | null,
  };
}

function toDelivery({ consumer, attempt }: LeaseRow): Delivery | null {
  return consumer === null || attempt === null ? null : { consumer, attempt };
}
