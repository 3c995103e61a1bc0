import { EventPageSchema, EventSchema } from '../documents/event-schema.js';
import { LeaseSchema, PublicLeaseSchema } from '../documents/lease-schema.js';
import { ProblemSchema } from '../documents/problem-schema.js';
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
  EventPageSchema,
  EventSchema,
  LeaseSchema,
  ProblemSchema,
  PublicLeaseSchema,
  RunSchema,
  SatisfiedWaitSchema,
  StepListSchema,
  StepSchema,
  UnsatisfiedWaitSchema,
  WaitRecordSchema,
  WaitSummarySchema,
];
