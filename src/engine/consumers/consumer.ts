import type { JsonObject } from '../json.js';
import type { ConsumerSettings } from './consumer-options.js';

/** A durable iterator over the steps of one run. */
export interface ConsumerRecord {
  readonly run: string;
  readonly name: string;
  readonly settings: ConsumerSettings;
  /** In the event log: every step finalized up to there was taken up. */
  readonly position: number;
  /** Mode `latest`: only higher steps are new. */
  readonly lastYielded: number | null;
  /** Milliseconds since the epoch. */
  readonly lastGrantedAt: number | null;
  readonly createdAt: number;
  /** The name of the token by which it was made; null: nobody noted it then. */
  readonly createdBy: string | null;
}

/**
 * One generation that a consumer owes to its workers, from the moment it is taken up until it is settled.
 *
 *     owed ──hold──▶ held ──grant──▶ in flight ──ack──▶ (an acknowledgement)
 *      │ ▲            │  ▲               ├──nack, or its lease ends──▶ held again, after the delay
 *      │ └──hold lost─┘  └───────────────┤
 *      │                 │               └──the same, for the `maxDeliver`-th time──▶ parked
 *      └──deleted first──┴──gives way for want of space──▶ (skipped: row removed, an event)
 *
 * It is held while `snapshotId` is set: then the snapshot exists, or is being built. In flight while `leaseNumber` is set. The table of all states and
 * events is `OWED_STATES`.
 */
export interface OwedStep {
  readonly run: string;
  readonly consumer: string;
  /** Its place in the order of the consumer: 1, 2, 3, … */
  readonly ordinal: number;
  readonly step: number;
  readonly stepName: string;
  readonly generation: string;
  readonly snapshotId: number | null;
  readonly leaseNumber: number | null;
  /** How often it was delivered. */
  readonly attempts: number;
  /** Not offered before this time; milliseconds since the epoch. */
  readonly notBefore: number | null;
  readonly parkedAt: number | null;
}

export type OwedDraft = Pick<OwedStep, 'step' | 'stepName' | 'generation'>;

export interface Acknowledgement {
  readonly run: string;
  readonly consumer: string;
  /** In the order of the acknowledgements: 1, 2, 3, … */
  readonly number: number;
  /** Of the step that was owed. */
  readonly ordinal: number;
  readonly step: number;
  readonly generation: string;
  readonly ackedAt: number;
  readonly attempts: number;
  readonly result: JsonObject | null;
}
