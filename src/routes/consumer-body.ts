import {
  CONSUMER_BOUNDS,
  CONSUMER_MODES,
  DEFAULT_CONSUMER_SETTINGS,
} from '../engine/consumers/consumer-options.js';
import type { Consumers } from '../engine/engine.js';
import { type Static, Type } from '../typebox.js';
import { choice } from './documents/building-blocks.js';
import { start } from './documents/consumer-schema.js';
import { ttl } from './lease-body.js';
import { MAX_DURATION_SECONDS, toMilliseconds } from './wire/duration.js';

const DEFAULTS = DEFAULT_CONSUMER_SETTINGS;

export const ConsumerBody = Type.Object(
  {
    mode: choice(CONSUMER_MODES, {
      description:
        '`latest` yields the newest step; `every` yields each finalized generation in order. The mode cannot change.',
      examples: ['every'],
    }),
    every_k: Type.Optional(
      Type.Integer({
        ...CONSUMER_BOUNDS.everyK,
        default: DEFAULTS.everyK,
        description: 'The consumer yields only steps that are multiples of this number.',
        examples: [1000],
      }),
    ),
    start: Type.Optional(start),
    min_interval: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: MAX_DURATION_SECONDS,
        default: DEFAULTS.minIntervalMs / 1_000,
        description: 'Shortest time from one grant to the next, in seconds.',
        examples: [60],
      }),
    ),
    max_pending: Type.Optional(
      Type.Integer({
        ...CONSUMER_BOUNDS.maxPending,
        default: DEFAULTS.maxPending,
        description:
          'Most snapshots that are held in advance. Further steps are owed, and held as soon as there is room.',
        examples: [3],
      }),
    ),
    max_in_flight: Type.Optional(
      Type.Integer({
        ...CONSUMER_BOUNDS.maxInFlight,
        default: DEFAULTS.maxInFlight,
        description: 'Most deliveries under way at once.',
        examples: [4],
      }),
    ),
    max_deliver: Type.Optional(
      Type.Integer({
        ...CONSUMER_BOUNDS.maxDeliver,
        default: DEFAULTS.maxDeliver,
        description: 'Most deliveries of one step. After the last one in vain the step is parked.',
        examples: [5],
      }),
    ),
    ttl: Type.Optional(ttl('TTL of the leases, unless a worker asks for another.', DEFAULTS.ttlMs / 1_000)),
  },
  {
    title: 'ConsumerRequest',
    additionalProperties: false,
    examples: [{ mode: 'every', start: 'earliest' }],
  },
);

export function toConsumerSettings(body: Static<typeof ConsumerBody>): Parameters<Consumers['put']>[2] {
  return {
    mode: body.mode,
    // Without a start an existing consumer keeps its own: the engine knows which.
    start: body.start ?? null,
    everyK: body.every_k ?? DEFAULTS.everyK,
    minIntervalMs: toMilliseconds(body.min_interval) ?? DEFAULTS.minIntervalMs,
    maxPending: body.max_pending ?? DEFAULTS.maxPending,
    maxInFlight: body.max_in_flight ?? DEFAULTS.maxInFlight,
    maxDeliver: body.max_deliver ?? DEFAULTS.maxDeliver,
    ttlMs: toMilliseconds(body.ttl) ?? DEFAULTS.ttlMs,
  };
}
