import type {
  ConsumerDocument,
  ConsumerResultDocument,
  EventDocument,
  EventPageDocument,
  LeaseDocument,
  PublicLeaseDocument,
  RunDocument,
  SatisfiedWaitDocument,
  StepDocument,
  StepListDocument,
  UnsatisfiedNextDocument,
  UnsatisfiedWaitDocument,
  WaitRecordDocument,
  WaitSummaryDocument,
} from '../../engine/documents.js';
import type { Static } from '../../typebox.js';
import type { ConsumerResultSchema, ConsumerSchema, UnsatisfiedNextSchema } from './consumer-schema.js';
import type { EventPageSchema, EventSchema } from './event-schema.js';
import type { LeaseSchema, PublicLeaseSchema } from './lease-schema.js';
import type { RunSchema } from './run-schema.js';
import type { StepListSchema, StepSchema } from './step-schema.js';
import type {
  SatisfiedWaitSchema,
  UnsatisfiedWaitSchema,
  WaitRecordSchema,
  WaitSummarySchema,
} from './wait-schema.js';

/** Schemas are written without `readonly`, documents with it: compare both with it. */
type Frozen<T> = T extends object ? { readonly [K in keyof T]: Frozen<T[K]> } : T;
type Same<A, B> =
  (<T>() => T extends Frozen<A> ? 1 : 2) extends <T>() => T extends Frozen<B> ? 1 : 2 ? true : false;

/**
 * Does not compile when a response schema and the engine's document type say different things, so that OpenAPI cannot drift from
 * what is sent. A field that turns up as `false` here is the pair to look at.
 */
export const AGREEMENT: {
  readonly consumer: Same<Static<typeof ConsumerSchema>, ConsumerDocument>;
  readonly consumerResult: Same<Static<typeof ConsumerResultSchema>, ConsumerResultDocument>;
  readonly event: Same<Static<typeof EventSchema>, EventDocument>;
  readonly eventPage: Same<Static<typeof EventPageSchema>, EventPageDocument>;
  readonly lease: Same<Static<typeof LeaseSchema>, LeaseDocument>;
  readonly publicLease: Same<Static<typeof PublicLeaseSchema>, PublicLeaseDocument>;
  readonly run: Same<Static<typeof RunSchema>, RunDocument>;
  readonly step: Same<Static<typeof StepSchema>, StepDocument>;
  readonly stepList: Same<Static<typeof StepListSchema>, StepListDocument>;
  readonly satisfiedWait: Same<Static<typeof SatisfiedWaitSchema>, SatisfiedWaitDocument>;
  readonly unsatisfiedNext: Same<Static<typeof UnsatisfiedNextSchema>, UnsatisfiedNextDocument>;
  readonly unsatisfiedWait: Same<Static<typeof UnsatisfiedWaitSchema>, UnsatisfiedWaitDocument>;
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
  satisfiedWait: true,
  unsatisfiedNext: true,
  unsatisfiedWait: true,
  waitRecord: true,
  waitSummary: true,
};
