import { Type } from '../../typebox.js';
import { choice, kind, nullable, nullableModel, seconds, time, unionByKind } from './building-blocks.js';
import { WaitSchema } from './wait-schema.js';

export const LEASE_STATES = ['active', 'released', 'expired', 'broken', 'lost'] as const;

const Delivery = Type.Object(
  {
    consumer: Type.String({ description: 'Name of the consumer.', examples: ['mmlu'] }),
    attempt: Type.Integer({
      description: 'How many times the step was delivered, this delivery included.',
      examples: [1],
    }),
  },
  {
    title: 'Delivery',
    description:
      'The delivery that a lease is. Null for a lease that `POST /leases` granted, since no consumer delivered it.',
  },
);

const FIELDS = {
  number: Type.Integer({
    description: 'Public number of the lease. Numbers strictly increase.',
    examples: [118],
  }),
  granted_to: Type.Optional(
    nullable(Type.String(), {
      description:
        'Name of the token that the lease was granted to, where a lease is shown or listed. Only admins are told. Null: it was granted before the server knew tokens.',
    }),
  ),
  run: Type.String({ examples: ['default'] }),
  step: Type.Integer({ examples: [12000] }),
  generation: Type.String({ description: 'The saving of the step that is leased.' }),
  state: choice(LEASE_STATES, {
    description:
      'Every state but `active` is final. `lost`: something other than steplease removed files of the snapshot.',
  }),
  holder: nullable(Type.String(), { examples: ['eval-3'] }),
  labels: Type.Unsafe<Record<string, string>>({
    type: 'object',
    additionalProperties: { type: 'string' },
    examples: [{ job: 'eval' }],
  }),
  path: Type.String({
    description:
      'Directory that the holder reads. The contents stay the same until the lease ends, whatever the trainer deletes.',
    examples: ['/ckpts/r/_STEPLEASE/g1a2b3.7/12000'],
  }),
  relative_path: nullable(Type.String(), {
    description: '`path` below the directory of the run; null when it lies elsewhere.',
  }),
  source_path: Type.String({
    description: 'Directory of the step itself, as the trainer saved it.',
    examples: ['/ckpts/r/12000'],
  }),
  snapshot: Type.Boolean({
    description:
      'Whether there is a snapshot. Without one nothing is protected, and `path` is `source_path`.',
  }),
  ttl: seconds('Time from a grant or a renewal to the end of the lease.', 60),
  ttl_remaining: nullable(Type.Number(), { description: 'Seconds; null once the lease has ended.' }),
  renew_after: nullable(Type.Number(), {
    description:
      'Seconds until the lease should be renewed: all that is left, where no renewal makes it longer; null once the lease has ended.',
  }),
  granted_at: time('When the lease was granted.'),
  expires_at: time('When the lease ends if nobody renews it.'),
  ended_at: nullable(time('When the lease ended; null while the lease is active.')),
  end_reason: nullable(Type.String(), { description: 'Why the lease ended, if anybody gave a reason.' }),
  waited: seconds('Time that the grant waited for the step.', 12.4),
  delivery: nullableModel(Delivery),
};

export const PublicLeaseSchema = Type.Object(FIELDS, {
  title: 'PublicLease',
  description: 'A lease as lists and events show it: without the id.',
});

export const LeaseSchema = Type.Object(
  {
    kind: Type.Optional(kind('lease')),
    id: Type.String({
      description: 'An unguessable capability: whoever knows the id holds the lease.',
      examples: ['ls_5n2Xw0b7QkqkL8c1d3fZpA'],
    }),
    ...FIELDS,
  },
  { title: 'Lease', description: 'A time-limited hold on a snapshot of one generation of a step.' },
);

export const GrantSchema = unionByKind(
  { lease: LeaseSchema, wait: WaitSchema },
  { title: 'Grant', description: 'A lease, or the end of a wait without a step. `kind` tells which.' },
);
