import type { StepDocument } from '../../engine/documents.js';
import { SNAPSHOT_MODES } from '../../engine/file-system.js';
import type { JsonObject } from '../../engine/json.js';
import { Type } from '../../typebox.js';
import { choice, nullable, ref, time } from './building-blocks.js';

export const STEP_STATES = ['finalized', 'temporary', 'deleting', 'foreign'] as const;

const LATER = 'Null in lists until known; `GET /steps/{step}` fills it in.';

const StepSnapshot = Type.Object({
  path: Type.String({ examples: ['/ckpts/r/_STEPLEASE/g1a2b3.7/12000'] }),
  relative_path: nullable(Type.String(), { description: 'Below the run directory; null outside of it.' }),
  mode: choice(SNAPSHOT_MODES),
  created_at: time('When the snapshot was complete.'),
  retained_bytes: Type.Integer({ description: 'Bytes that only the snapshot still holds on disk.' }),
});

export const StepSchema = Type.Object(
  {
    run: Type.String({ examples: ['default'] }),
    step: nullable(Type.Integer(), {
      description: 'Step number; null where the name holds none.',
      examples: [12000],
    }),
    name: Type.String({ description: 'Of the directory entry.', examples: ['12000'] }),
    generation: nullable(Type.String(), {
      description: 'Names one particular saving of the step; a step saved again is a new generation.',
    }),
    state: choice(STEP_STATES),
    reason: Type.String({
      description: 'One sentence that explains the state.',
      examples: ['name ends in .orbax-checkpoint-tmp'],
    }),
    path: Type.String({ examples: ['/ckpts/r/12000'] }),
    relative_path: Type.String({
      description: 'For readers that mount the root elsewhere.',
      examples: ['12000'],
    }),
    committed_at: nullable(time('When the step became final.')),
    init_at: nullable(time('When its saving began.')),
    items: nullable(Type.Array(Type.String()), {
      description: `Item names, empty for a step saved straight into its directory. ${LATER}`,
      examples: [['default', 'metrics']],
    }),
    metrics: Type.Unsafe<JsonObject | null>({
      type: ['object', 'null'],
      additionalProperties: true,
      description: `NaN and infinities are strings. ${LATER}`,
      examples: [{ loss: 0.25 }],
    }),
    custom_metadata: Type.Unsafe<JsonObject | null>({
      type: ['object', 'null'],
      additionalProperties: true,
      description: LATER,
    }),
    size_bytes: nullable(Type.Integer(), { description: LATER }),
    file_count: nullable(Type.Integer(), { description: LATER }),
    leases: Type.Integer({ description: 'How many active leases hold it.' }),
    snapshot: Type.Union([StepSnapshot, Type.Null()]),
  },
  { $id: 'Step', description: 'One directory entry of a checkpoint root.' },
);

export const Step = ref<StepDocument>('Step');

export const StepListSchema = Type.Object(
  {
    run: Type.String(),
    cursor: Type.String({ description: 'The list is the exact state at this position of the event log.' }),
    latest_step: nullable(Type.Integer(), { description: 'The highest finalized step.' }),
    items: Type.Array(Step),
    next_page: nullable(Type.String(), { description: 'Give it as `page`; null on the last page.' }),
  },
  { $id: 'StepList' },
);
