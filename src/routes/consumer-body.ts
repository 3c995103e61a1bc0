import { type Static, Type } from 'typebox';
import type { Consumers } from '../engine/engine.js';
import { choice } from './documents/building-blocks.js';
import { CONSUMER_MODES, start } from './documents/consumer-schema.js';
import { ttl } from './lease-body.js';
import { MAX_DURATION_SECONDS } from './wire/duration.js';

const DEFAULT_MAX_PENDING = 3;
const DEFAULT_MAX_DELIVER = 5;
const DEFAULT_TTL_SECONDS = 60;
const MOST = 10_000;

export const ConsumerBody = Type.Object(
  {
    mode: choice(CONSUMER_MODES, {
      description:
        '`latest` yields the newest step, `every` each finalized generation in order. Cannot change.',
      examples: ['every'],
    }),
    every_k: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: Number.MAX_SAFE_INTEGER,
        description: 'Only multiples of it are yielded. Default 1.',
        examples: [1000],
      }),
    ),
    start: Type.Optional(start),
    min_interval: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: MAX_DURATION_SECONDS,
        description: 'Seconds from one grant to the next. Default 0.',
        examples: [60],
      }),
    ),
    max_pending: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: MOST,
        description:
          'How many snapshots are held; what is owed beyond them is held as room comes. Default 3.',
        examples: [3],
      }),
    ),
    max_in_flight: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: MOST,
        description: 'How many workers may hold deliveries at once. Default 1.',
        examples: [4],
      }),
    ),
    max_deliver: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: MOST,
        description: 'How often a step is delivered before it is parked. Default 5.',
        examples: [5],
      }),
    ),
    ttl: Type.Optional(ttl),
  },
  { additionalProperties: false },
);

export function toConsumerSettings(body: Static<typeof ConsumerBody>): Parameters<Consumers['put']>[2] {
  return {
    mode: body.mode,
    start: body.start ?? null,
    everyK: body.every_k ?? 1,
    minIntervalMs: Math.round((body.min_interval ?? 0) * 1_000),
    maxPending: body.max_pending ?? DEFAULT_MAX_PENDING,
    maxInFlight: body.max_in_flight ?? 1,
    maxDeliver: body.max_deliver ?? DEFAULT_MAX_DELIVER,
    ttlMs: Math.round((body.ttl ?? DEFAULT_TTL_SECONDS) * 1_000),
  };
}
