import type {
  ConsumerDocument,
  ConsumerResultDocument,
  EventDocument,
  EventPageDocument,
  LeaseDocument,
  PublicLeaseDocument,
  RunDocument,
  StepDocument,
  StepListDocument,
  UnsatisfiedNextDocument,
  WaitDocument,
  WaitRecordDocument,
  WaitSummaryDocument,
} from '../../engine/documents.js';
import type { Static } from '../../typebox.js';
import type { ConsumerResultSchema, ConsumerSchema } from './consumer-schema.js';
import type { EventPageSchema, EventSchema } from './event-schema.js';
import type { LeaseSchema, PublicLeaseSchema } from './lease-schema.js';
import type { RunSchema } from './run-schema.js';
import type { StepListSchema, StepSchema } from './step-schema.js';
import type { WaitRecordSchema, WaitSchema, WaitSummarySchema } from './wait-schema.js';

/** Schemas are written without `readonly`, documents with it: compare both with it. */
type Frozen<T> = T extends object ? { readonly [K in keyof T]: Frozen<T[K]> } : T;
type Same<A, B> =
  (<T>() => T extends Frozen<A> ? 1 : 2) extends <T>() => T extends Frozen<B> ? 1 : 2 ? true : false;
/** The schema allows the document, and has each of its fields. */
type Covers<A, B> = [B] extends [A]
  ? [B extends unknown ? keyof B : never] extends [keyof A]
    ? true
    : false
  : false;

/**
 * Does not compile when a response schema and the engine's document type say different things, so that OpenAPI cannot drift from
 * what is sent. A field that turns up as `false` here is the pair to look at.
 */
export const AGREEMENT: {
  readonly consumer: Same<Static<typeof ConsumerSchema>, ConsumerDocument>;
  readonly consumerResult: Same<Static<typeof ConsumerResultSchema>, ConsumerResultDocument>;
  readonly event: Same<Static<typeof EventSchema>, EventDocument>;
  readonly eventPage: Same<Static<typeof EventPageSchema>, EventPageDocument>;
  readonly lease: Covers<Static<typeof LeaseSchema>, LeaseDocument>;
  readonly publicLease: Same<Static<typeof PublicLeaseSchema>, PublicLeaseDocument>;
  readonly run: Same<Static<typeof RunSchema>, RunDocument>;
  readonly step: Same<Static<typeof StepSchema>, StepDocument>;
  readonly stepList: Same<Static<typeof StepListSchema>, StepListDocument>;
  readonly wait: Covers<Static<typeof WaitSchema>, WaitDocument | UnsatisfiedNextDocument>;
  readonly waitRecord: Same<Static<typeof WaitRecordSchema>, WaitRecordDocument>;
  readonly waitSummary: Same<Static<typeof WaitSummarySchema>, WaitSummaryDocument>;
} = {
  consumer: true,
  consumerResult: true,
  event: true,
  eventPage: true,
  lease: true,
  publicLease: true,
  run: true,
  step: true,
  stepList: true,
  wait: true,
  waitRecord: true,
  waitSummary: true,
};
