import type { UnsatisfiedWaitDocument, WaitDocument } from '../../engine/documents.js';
import { Type } from '../../typebox.js';
import { choice, nullable, ref, seconds, time } from './building-blocks.js';
import { Step } from './step-schema.js';

const OUTCOMES = ['reached', 'timeout', 'finished', 'cancelled'] as const;
const SOURCES = ['wait', 'lease', 'consumer'] as const;

const CURSOR = { description: 'Position in the event log at which the wait ended.' };

export const SatisfiedWaitSchema = Type.Object(
  {
    run: Type.String(),
    satisfied: Type.Literal(true),
    step: Type.Integer({ description: 'The highest finalized step, not `until`.', examples: [12000] }),
    reason: Type.Literal('reached'),
    cursor: Type.String(CURSOR),
    waited: seconds('How long the wait took.', 12.41),
    timeout: seconds('The timeout that applied.', 30),
    item: Step,
  },
  { $id: 'SatisfiedWait' },
);

/** Of every wait that ended without a step. */
export const UNSATISFIED_FIELDS = {
  run: Type.String(),
  satisfied: Type.Literal(false),
  step: Type.Literal(-1),
  cursor: Type.String(CURSOR),
  waited: seconds('How long the wait took.', 30),
  timeout: seconds('The timeout that applied.', 30),
  detail: Type.String({ examples: ['no step of run r reached 12000 within 30 s'] }),
};

export const UnsatisfiedWaitSchema = Type.Object(
  {
    ...UNSATISFIED_FIELDS,
    reason: choice(['timeout', 'finished', 'max_wait'], {
      description: '`max_wait`: the server, not the caller, ended it; ask again.',
    }),
  },
  { $id: 'UnsatisfiedWait', description: 'The wait ended without a step.' },
);

export const UnsatisfiedWait = ref<UnsatisfiedWaitDocument>('UnsatisfiedWait');
export const Wait = Type.Unsafe<WaitDocument>({
  anyOf: [{ $ref: 'SatisfiedWait#' }, { $ref: 'UnsatisfiedWait#' }],
});

export const WaitRecordSchema = Type.Object(
  {
    run: Type.String(),
    until: nullable(Type.Integer(), { description: 'Null: any step would do.', examples: [12000] }),
    started_at: time('When the wait began.'),
    duration: seconds('How long it took.', 12.41),
    outcome: choice(OUTCOMES),
    step: nullable(Type.Integer()),
    source: choice(SOURCES, { description: 'What waited.' }),
  },
  { $id: 'WaitRecord' },
);

const quantile = (text: string) =>
  nullable(Type.Number(), { description: `${text} Seconds; null without waits.` });

export const WaitSummarySchema = Type.Object(
  {
    count: Type.Integer(),
    reached: Type.Integer(),
    timeout: Type.Integer(),
    finished: Type.Integer(),
    cancelled: Type.Integer(),
    p50: quantile('Median duration.'),
    p90: quantile('90th percentile.'),
    p99: quantile('99th percentile.'),
    max: quantile('Longest.'),
  },
  { $id: 'WaitSummary' },
);
