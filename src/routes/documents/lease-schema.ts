import type { LeaseDocument, PublicLeaseDocument } from '../../engine/documents.js';
import { Type } from '../../typebox.js';
import { choice, nullable, ref, seconds, time } from './building-blocks.js';

export const LEASE_STATES = ['active', 'released', 'expired', 'broken', 'lost'] as const;

const FIELDS = {
  number: Type.Integer({ description: 'Public, strictly increasing.', examples: [118] }),
  run: Type.String(),
  step: Type.Integer({ examples: [12000] }),
  generation: Type.String(),
  state: choice(LEASE_STATES, {
    description: 'All but `active` are final. `lost`: its files vanished by other hands.',
  }),
  holder: nullable(Type.String(), { examples: ['eval-3'] }),
  labels: Type.Unsafe<Record<string, string>>({
    type: 'object',
    additionalProperties: { type: 'string' },
    examples: [{ job: 'eval' }],
  }),
  path: Type.String({
    description: 'What the holder reads. The same bytes until the lease ends, whatever the trainer deletes.',
    examples: ['/ckpts/r/_STEPLEASE/g1a2b3.7/12000'],
  }),
  relative_path: nullable(Type.String(), { description: 'Below the run directory; null outside of it.' }),
  source_path: Type.String({ description: 'The step that was snapshotted.', examples: ['/ckpts/r/12000'] }),
  snapshot: Type.Boolean({ description: 'False: nothing is protected, `path` is `source_path`.' }),
  ttl: seconds('Without a renewal the lease ends this long after the last one.', 60),
  ttl_remaining: nullable(Type.Number(), { description: 'Seconds; null once the lease ended.' }),
  renew_after: nullable(Type.Number(), {
    description: 'Seconds until a renewal is due; null once the lease ended.',
  }),
  granted_at: time('When the lease was granted.'),
  expires_at: time('When it ends without a renewal.'),
  ended_at: nullable(time('When it ended.')),
  end_reason: nullable(Type.String()),
  waited: seconds('How long the grant waited for the step.', 12.4),
  delivery: Type.Unsafe<LeaseDocument['delivery']>({
    type: ['object', 'null'],
    required: ['consumer', 'attempt'],
    properties: {
      consumer: { type: 'string', examples: ['mmlu'] },
      attempt: { type: 'integer', description: 'How often the step was delivered, this time included.' },
    },
    description: 'Of which consumer the lease is a delivery; null for a lease that `POST /leases` gave.',
    examples: [{ consumer: 'mmlu', attempt: 1 }],
  }),
};

export const PublicLeaseSchema = Type.Object(FIELDS, {
  $id: 'PublicLease',
  description: 'A lease as lists and events show it: without its id.',
});

export const LeaseSchema = Type.Object(
  {
    id: Type.String({
      description: 'An unguessable capability: who knows it holds the lease.',
      examples: ['ls_5n2Xw0b7QkqkL8c1d3fZpA'],
    }),
    ...FIELDS,
  },
  { $id: 'Lease', description: 'A time-limited hold on a snapshot of one generation of a step.' },
);

export const PublicLease = ref<PublicLeaseDocument>('PublicLease');
export const Lease = ref<LeaseDocument>('Lease');
