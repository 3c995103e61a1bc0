import type { EventDocument, LeaseDocument, StepDocument } from '../../../src/engine/documents.js';

const AT = '2025-01-31T12:00:00.000Z';

export function stepDocument(step: number): StepDocument {
  return {
    run: 'r',
    step,
    name: String(step),
    generation: `g${step}`,
    state: 'finalized',
    reason: 'final name',
    path: `/ckpts/r/${step}`,
    relative_path: String(step),
    committed_at: AT,
    init_at: null,
    items: ['default'],
    metrics: null,
    custom_metadata: null,
    size_bytes: 10,
    file_count: 1,
    leases: 0,
    snapshot: null,
  };
}

export function leaseDocument(id: string): LeaseDocument {
  return {
    kind: 'lease',
    id,
    number: 118,
    run: 'r',
    step: 10,
    generation: 'g10',
    state: 'active',
    holder: 'eval-3',
    labels: {},
    path: '/ckpts/r/_STEPLEASE/g10.7/10',
    relative_path: '_STEPLEASE/g10.7/10',
    source_path: '/ckpts/r/10',
    snapshot: true,
    ttl: 60,
    ttl_remaining: 60,
    renew_after: 20,
    granted_at: AT,
    expires_at: AT,
    ended_at: null,
    end_reason: null,
    waited: 0,
    delivery: null,
  };
}

export function eventDocument(id: string, type = 'step.finalized'): EventDocument {
  return { specversion: '1.0', id, source: '/runs/r', type, subject: '10', time: AT, data: { note: 'a\nb' } };
}
