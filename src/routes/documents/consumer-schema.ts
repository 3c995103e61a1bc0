import {
  CONSUMER_MODES,
  CONSUMER_START_WORDS,
  type ConsumerStart,
} from '../../engine/consumers/consumer-options.js';
import type { JsonObject } from '../../engine/json.js';
import { Type } from '../../typebox.js';
import { choice, nullable, seconds, time } from './building-blocks.js';

export const start = Type.Unsafe<ConsumerStart>({
  oneOf: [
    { type: 'string', enum: [...CONSUMER_START_WORDS] },
    { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
  ],
  title: 'ConsumerStart',
  description:
    'The first step that the consumer yields. `latest` (default): the newest step there is; `earliest`: the oldest; `next`: the first that comes; a number: the first step from that number on.',
  examples: ['earliest'],
});

const STEP = Type.Integer({ examples: [12000] });
const ATTEMPTS = Type.Integer({ description: 'How many times the step was delivered.', examples: [1] });

const InFlightStep = Type.Object(
  {
    step: STEP,
    number: Type.Integer({ description: 'Public number of the lease.', examples: [118] }),
    attempt: Type.Integer({
      description: 'How many times the step was delivered, this delivery included.',
      examples: [1],
    }),
    holder: nullable(Type.String(), {
      description: "Name that the lease's holder gave.",
      examples: ['eval-3'],
    }),
  },
  { title: 'InFlightStep', description: 'A step that a worker holds.' },
);

const ParkedStep = Type.Object(
  {
    step: STEP,
    generation: Type.String(),
    attempts: ATTEMPTS,
    parked_at: time('When the consumer gave the step up.'),
  },
  { title: 'ParkedStep', description: 'A step that was delivered `max_deliver` times in vain.' },
);

/** Not called Consumer in clients: Java has a type of that name. */
export const ConsumerSchema = Type.Object(
  {
    name: Type.String({ examples: ['mmlu'] }),
    run: Type.String({ examples: ['default'] }),
    mode: choice(CONSUMER_MODES, {
      description:
        '`latest` yields the newest step beyond the last one yielded; `every` yields each finalized generation in order.',
    }),
    start,
    every_k: Type.Integer({
      description: 'The consumer yields only steps that are multiples of this number.',
      examples: [1],
    }),
    min_interval: seconds('Shortest time from one grant to the next.', 0),
    max_pending: Type.Integer({ description: 'Most snapshots that are held in advance.', examples: [3] }),
    max_in_flight: Type.Integer({ description: 'Most deliveries under way at once.', examples: [1] }),
    max_deliver: Type.Integer({ description: 'Most deliveries of one step.', examples: [5] }),
    ttl: seconds('TTL of the leases, unless a worker asks for another.', 60),
    created_at: time('When the consumer was created.'),
    last_acked_step: nullable(Type.Integer(), {
      description: 'Every step before this one is acknowledged.',
      examples: [11000],
    }),
    pending: Type.Array(Type.Integer(), {
      description: 'Steps that wait for a worker, in the order in which they will be yielded.',
      examples: [[13000, 14000]],
    }),
    in_flight: Type.Array(InFlightStep),
    parked: Type.Array(ParkedStep),
    lag: Type.Integer({ description: 'Number of steps that would still be yielded.', examples: [2] }),
    last_error: nullable(Type.String(), {
      description:
        'Why the last hold failed. The hold is tried again while the step exists; null once a hold has succeeded.',
    }),
  },
  { title: 'StepConsumer', description: 'A durable iterator over the steps of a run.' },
);

export const ConsumerResultSchema = Type.Object(
  {
    step: STEP,
    generation: Type.String(),
    acked_at: time('When the delivery was acknowledged.'),
    attempts: ATTEMPTS,
    result: Type.Unsafe<JsonObject | null>({
      type: ['object', 'null'],
      additionalProperties: true,
      description: 'The result that the worker gave; null without one.',
      examples: [{ accuracy: 0.71 }],
    }),
  },
  { title: 'ConsumerResult', description: 'An acknowledged delivery.' },
);
