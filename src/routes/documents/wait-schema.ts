import type { StepDocument } from '../../engine/documents.js';
import { Type } from '../../typebox.js';
import { choice, kind, nullable, seconds, time } from './building-blocks.js';
import { StepSchema } from './step-schema.js';

const REASONS = ['reached', 'timeout', 'finished', 'max_wait', 'in_flight_limit'] as const;
const OUTCOMES = ['reached', 'timeout', 'finished', 'cancelled'] as const;
const SOURCES = ['wait', 'lease', 'consumer'] as const;

/** One flat schema for every end of a wait: generated clients need no union to read it. */
export const WaitSchema = Type.Object(
  {
    kind: Type.Optional(kind('wait')),
    run: Type.String({ examples: ['default'] }),
    satisfied: Type.Boolean({ description: 'Whether the wait ended with a step.', examples: [true] }),
    step: Type.Integer({
      minimum: -1,
      description: 'The highest finalized step, which may be higher than `until`; -1 without a step.',
      examples: [12000],
    }),
    reason: choice(REASONS, {
      description:
        'Why the wait ended. `reached`: there is a step. `timeout`: the timeout of the request passed. `finished`: the run is finished, so no step will come; for a consumer also: nothing is pending, in flight or delayed. `max_wait`: the longest wait that the server allows passed before the timeout did; ask again. `in_flight_limit`: the timeout passed, and only `max_in_flight` of the consumer held a delivery back.',
    }),
    cursor: Type.String({ description: 'Position in the event log at which the wait ended.' }),
    waited: seconds('Duration of the wait.', 12.41),
    timeout: seconds('The timeout that applied.', 30),
    item: Type.Optional(Type.Unsafe<StepDocument>(StepSchema)),
    detail: Type.Optional(
      Type.String({
        description: 'One sentence that explains why there is no step. Left out with a step.',
        examples: ['no step is 12000 or higher'],
      }),
    ),
  },
  {
    title: 'Wait',
    description:
      'The end of a wait. `item` is there when `GET /wait` is satisfied; `detail` when there is no step.',
  },
);

export const WaitRecordSchema = Type.Object(
  {
    run: Type.String({ examples: ['default'] }),
    until: nullable(Type.Integer(), {
      description: 'The step number that was waited for; null when any step would do.',
      examples: [12000],
    }),
    started_at: time('When the wait began.'),
    duration: seconds('Duration of the wait.', 12.41),
    outcome: choice(OUTCOMES, {
      description: '`cancelled`: the client hung up, or the server ended the wait.',
    }),
    step: nullable(Type.Integer(), { description: 'The step that ended the wait; null without one.' }),
    source: choice(SOURCES, { description: 'The call that waited: `GET /wait`, a lease or a consumer.' }),
  },
  { title: 'WaitRecord', description: 'One ended wait.' },
);

const quantile = (text: string) =>
  nullable(Type.Number(), { description: `${text} Seconds; null without waits.` });
const waits = (outcome: string) => Type.Integer({ description: `Number of waits that ${outcome}.` });

export const WaitSummarySchema = Type.Object(
  {
    count: waits('ended'),
    reached: waits('ended with a step'),
    timeout: waits('timed out'),
    finished: waits('ended because the run was finished'),
    cancelled: waits('were cancelled'),
    p50: quantile('Median duration.'),
    p90: quantile('90th percentile of the durations.'),
    p99: quantile('99th percentile of the durations.'),
    max: quantile('Longest duration.'),
  },
  { title: 'WaitSummary', description: 'Counts and durations of the ended waits that are still recorded.' },
);
