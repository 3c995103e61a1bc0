import type { StepDocument } from '../../engine/documents.js';
import { SNAPSHOT_MODES } from '../../engine/file-system.js';
import type { JsonObject } from '../../engine/json.js';
import { Type } from '../../typebox.js';
import { choice, nullable, nullableModel, time } from './building-blocks.js';

export const STEP_STATES = ['finalized', 'temporary', 'deleting', 'foreign'] as const;

const LATER = 'In lists null until known; `GET /steps/{step}` fills the field in.';

const StepSnapshot = Type.Object(
  {
    path: Type.String({ examples: ['/ckpts/r/_STEPLEASE/g1a2b3.7/12000'] }),
    relative_path: nullable(Type.String(), {
      description: 'Path below the directory of the run; null when the snapshot lies elsewhere.',
    }),
    mode: choice(SNAPSHOT_MODES, { description: 'How the files of the step were kept.' }),
    created_at: time('When the snapshot was complete.'),
    retained_bytes: Type.Integer({ description: 'Bytes on disk that only the snapshot still holds.' }),
  },
  { title: 'StepSnapshot', description: 'The snapshot that the leases and holds of the step share.' },
);

export const StepSchema = Type.Object(
  {
    run: Type.String({ examples: ['default'] }),
    step: nullable(Type.Integer(), {
      description: 'Step number; null when the name contains none.',
      examples: [12000],
    }),
    name: Type.String({ description: 'Name of the directory entry.', examples: ['12000'] }),
    generation: nullable(Type.String(), {
      description: 'Names one particular saving of the step. A step that is saved again is a new generation.',
    }),
    state: choice(STEP_STATES, {
      description:
        '`finalized`: complete. `temporary`: not complete yet. `deleting`: no longer complete. `foreign`: no step.',
    }),
    reason: Type.String({
      description: 'One sentence that explains the state.',
      examples: ['name ends in .orbax-checkpoint-tmp'],
    }),
    path: Type.String({ examples: ['/ckpts/r/12000'] }),
    relative_path: Type.String({
      description: 'Path below the directory of the run, for readers that mount the root elsewhere.',
      examples: ['12000'],
    }),
    committed_at: nullable(time('When the step became final.')),
    init_at: nullable(time('When the saving of the step began.')),
    items: nullable(Type.Array(Type.String()), {
      description: `Names of the items. A step that was saved straight into its directory has none. ${LATER}`,
      examples: [['default', 'metrics']],
    }),
    metrics: Type.Unsafe<JsonObject | null>({
      type: ['object', 'null'],
      additionalProperties: true,
      description: `Metrics that were saved with the step. NaN and infinities are strings. ${LATER}`,
      examples: [{ loss: 0.25 }],
    }),
    custom_metadata: Type.Unsafe<JsonObject | null>({
      type: ['object', 'null'],
      additionalProperties: true,
      description: `Metadata that the trainer saved with the step. ${LATER}`,
    }),
    size_bytes: nullable(Type.Integer(), { description: `Size of all files. ${LATER}` }),
    file_count: nullable(Type.Integer(), { description: `Number of files. ${LATER}` }),
    leases: Type.Integer({ description: 'Number of active leases on the step.' }),
    snapshot: nullableModel(StepSnapshot),
  },
  { title: 'Step', description: 'One directory entry of a checkpoint root.' },
);

export const StepListSchema = Type.Object(
  {
    run: Type.String({ examples: ['default'] }),
    cursor: Type.String({
      description: 'Position in the event log. The list is the exact state at that position.',
    }),
    latest_step: nullable(Type.Integer(), { description: 'Highest finalized step.', examples: [12000] }),
    items: Type.Array(Type.Unsafe<StepDocument>(StepSchema)),
    next_page: nullable(Type.String(), {
      description: 'The value of `page` that asks for the next steps; null on the last page.',
    }),
  },
  { title: 'StepList', description: 'One page of steps.' },
);
