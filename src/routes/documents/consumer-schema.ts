import {
  CONSUMER_MODES,
  CONSUMER_START_WORDS,
  type ConsumerStart,
} from '../../engine/consumers/consumer-options.js';
import type { ConsumerDocument, UnsatisfiedNextDocument } from '../../engine/documents.js';
import type { JsonObject } from '../../engine/json.js';
import { Type } from '../../typebox.js';
import { choice, nullable, ref, seconds, time } from './building-blocks.js';
import { UNSATISFIED_FIELDS } from './wait-schema.js';

export const start = Type.Unsafe<ConsumerStart>({
  anyOf: [
    { type: 'string', enum: [...CONSUMER_START_WORDS] },
    { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
  ],
  description:
    '`latest`: the current newest step first; `earliest`: all there are; `next`: only what comes; or the first step number that is wanted.',
  examples: ['earliest'],
});

const STEP = Type.Integer({ examples: [12000] });
const ATTEMPTS = Type.Integer({ description: 'How often it was delivered.', examples: [1] });

export const ConsumerSchema = Type.Object(
  {
    name: Type.String({ examples: ['mmlu'] }),
    run: Type.String(),
    mode: choice(CONSUMER_MODES, {
      description:
        '`latest` yields the newest step beyond the last one yielded, `every` each finalized generation in order.',
    }),
    start,
    every_k: Type.Integer({ description: 'Only multiples of it are yielded.', examples: [1] }),
    min_interval: seconds('From one grant to the next.', 0),
    max_pending: Type.Integer({ description: 'How many snapshots are held.', examples: [3] }),
    max_in_flight: Type.Integer({ description: 'How many deliveries may be under way.', examples: [1] }),
    max_deliver: Type.Integer({ description: 'How often a step is delivered at most.', examples: [5] }),
    ttl: seconds('Of its leases, unless a worker asks for another.', 60),
    created_at: time('When it was made.'),
    last_acked_step: nullable(Type.Integer(), {
      description: 'All before it are acknowledged.',
      examples: [11000],
    }),
    pending: Type.Array(Type.Integer(), {
      description: 'Steps in the order in which they will be yielded.',
      examples: [[13000, 14000]],
    }),
    in_flight: Type.Array(
      Type.Object({
        step: STEP,
        number: Type.Integer({ description: 'Of the lease.', examples: [118] }),
        attempt: Type.Integer({
          description: 'How often the step was delivered, this time included.',
          examples: [1],
        }),
        holder: nullable(Type.String(), { examples: ['eval-3'] }),
      }),
    ),
    parked: Type.Array(
      Type.Object({
        step: STEP,
        generation: Type.String(),
        attempts: ATTEMPTS,
        parked_at: time('When it was given up.'),
      }),
    ),
    lag: Type.Integer({ description: 'How many steps would still be yielded.', examples: [2] }),
    last_error: nullable(Type.String(), {
      description:
        'Why the last hold failed; it is tried again while the step exists. Null since one succeeded.',
    }),
  },
  { $id: 'Consumer', description: 'A durable iterator over the steps of a run.' },
);

export const ConsumerResultSchema = Type.Object(
  {
    step: STEP,
    generation: Type.String(),
    acked_at: time('When it was acknowledged.'),
    attempts: ATTEMPTS,
    result: Type.Unsafe<JsonObject | null>({
      type: ['object', 'null'],
      additionalProperties: true,
      description: 'As the worker gave it.',
      examples: [{ accuracy: 0.71 }],
    }),
  },
  { $id: 'ConsumerResult' },
);

export const UnsatisfiedNextSchema = Type.Object(
  {
    ...UNSATISFIED_FIELDS,
    reason: choice(['timeout', 'finished', 'max_wait', 'in_flight_limit'], {
      description:
        '`finished`: nothing is pending, in flight or delayed, and the run is finished. `in_flight_limit`: a timeout, and only max_in_flight held a delivery back. `max_wait`: the server, not the caller, ended it; ask again.',
    }),
  },
  { $id: 'UnsatisfiedNext', description: 'The wait for a delivery ended without a step.' },
);

export const Consumer = ref<ConsumerDocument>('Consumer');
export const UnsatisfiedNext = ref<UnsatisfiedNextDocument>('UnsatisfiedNext');
