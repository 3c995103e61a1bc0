import { ConsumerResultSchema, ConsumerSchema, UnsatisfiedNextSchema } from '../documents/consumer-schema.js';
import { EventPageSchema, EventSchema } from '../documents/event-schema.js';
import { LeaseSchema, PublicLeaseSchema } from '../documents/lease-schema.js';
import { ProblemSchema } from '../documents/problem-schema.js';
import {
  ConstructedRestoreArgsSchema,
  RestoreArgsSchema,
  VerificationSchema,
} from '../documents/restore-schema.js';
import { RunSchema } from '../documents/run-schema.js';
import { StepListSchema, StepSchema } from '../documents/step-schema.js';
import {
  SatisfiedWaitSchema,
  UnsatisfiedWaitSchema,
  WaitRecordSchema,
  WaitSummarySchema,
} from '../documents/wait-schema.js';

/** Every schema that others refer to by name. */
export const SHARED_SCHEMAS = [
  ConstructedRestoreArgsSchema,
  ConsumerResultSchema,
  ConsumerSchema,
  EventPageSchema,
  EventSchema,
  LeaseSchema,
  ProblemSchema,
  PublicLeaseSchema,
  RestoreArgsSchema,
  RunSchema,
  SatisfiedWaitSchema,
  StepListSchema,
  StepSchema,
  UnsatisfiedNextSchema,
  UnsatisfiedWaitSchema,
  VerificationSchema,
  WaitRecordSchema,
  WaitSummarySchema,
];
