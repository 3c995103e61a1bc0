import { DEFAULT_TTL_MS } from '../leases/ttl.js';

/*
 * Every choice, bound and default of a consumer's settings, in the units of the code. The body of `PUT /consumers/{name}` and the help of
 * the command line are made from these.
 */

/** `latest`: the newest step beyond the last one yielded. `every`: each finalized generation in order, none missed. */
export const CONSUMER_MODES = ['latest', 'every'] as const;
export type ConsumerMode = (typeof CONSUMER_MODES)[number];

/** With the newest step there is, with all there are, or with what comes. */
export const CONSUMER_START_WORDS = ['latest', 'earliest', 'next'] as const;

/** Where a consumer begins: one of the words, or a step number. */
export type ConsumerStart = (typeof CONSUMER_START_WORDS)[number] | number;

const AT_MOST = { minimum: 1, maximum: 10_000 } as const;

export const CONSUMER_BOUNDS = {
  everyK: { minimum: 1, maximum: Number.MAX_SAFE_INTEGER },
  maxPending: AT_MOST,
  maxInFlight: AT_MOST,
  maxDeliver: AT_MOST,
} as const;

export interface ConsumerSettings {
  readonly mode: ConsumerMode;
  readonly start: ConsumerStart;
  /** Only multiples of it are yielded. */
  readonly everyK: number;
  /** From one grant to the next. */
  readonly minIntervalMs: number;
  /** How many snapshots are held ahead of their delivery. */
  readonly maxPending: number;
  /** How many deliveries may be under way at once. */
  readonly maxInFlight: number;
  /** How often one step is delivered before it is parked. */
  readonly maxDeliver: number;
  /** Term of the consumer's leases, unless a worker asks for another. */
  readonly ttlMs: number;
}

/** Everything but the mode, which each consumer has to choose. */
export const DEFAULT_CONSUMER_SETTINGS: Omit<ConsumerSettings, 'mode'> = {
  start: 'latest',
  everyK: 1,
  minIntervalMs: 0,
  maxPending: 3,
  maxInFlight: 1,
  maxDeliver: 5,
  ttlMs: DEFAULT_TTL_MS,
};
