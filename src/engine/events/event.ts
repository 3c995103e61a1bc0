import type { JsonObject } from '../json.js';

export const EVENT_TYPES = [
  'step.finalized',
  'step.deleted',
  'run.registered',
  'run.available',
  'run.unavailable',
  'run.directory_changed',
  'run.finished',
  'run.reopened',
  'run.removed',
  'lease.granted',
  'lease.released',
  'lease.expired',
  'lease.broken',
  'lease.lost',
  'snapshot.created',
  'snapshot.deleted',
  'snapshot.stuck',
  'consumer.skipped',
  'consumer.parked',
] as const;

export type EventType = (typeof EVENT_TYPES)[number];

/** An event before the log gave it a position. */
export interface EventDraft {
  readonly run: string;
  readonly type: EventType;
  /** What it is about, such as the step's name or the lease's number, as text. */
  readonly subject: string;
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** The contract's document of it, ready to be serialised. */
  readonly data: JsonObject;
}

export interface StoredEvent extends EventDraft {
  /** Position in the log: 1, 2, 3, … without gaps. */
  readonly sequence: number;
}
