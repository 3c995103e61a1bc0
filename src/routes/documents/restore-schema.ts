import { Type } from '../../typebox.js';
import { choice, nullable } from './building-blocks.js';

const path = Type.Unsafe<readonly (string | number)[]>({
  type: 'array',
  items: { anyOf: [{ type: 'string' }, { type: 'integer' }] },
  description: 'Where it stands in the tree: strings are keys, integers are indices.',
  examples: [['params', 'w']],
});

const Leaf = Type.Object({
  path,
  type: choice(['ArrayRestoreArgs', 'RestoreArgs']),
  restore_type: choice(['jax.Array', 'np.ndarray', 'int', 'float', 'complex', 'bool', 'str', 'ellipsis']),
  dtype: nullable(Type.String(), { description: 'Name in NumPy or ml_dtypes.', examples: ['float32'] }),
  global_shape: Type.Optional(
    Type.Unsafe<readonly number[] | null>({ type: ['array', 'null'], items: { type: 'integer' } }),
  ),
  sharding: Type.Optional(
    Type.Unsafe<object | null>({
      type: ['object', 'null'],
      additionalProperties: true,
      description: "Orbax's own serialised form.",
    }),
  ),
  strict: Type.Optional(Type.Boolean()),
});

const Empty = Type.Object({
  path,
  value_type: choice(['None', 'Dict', 'List', 'Tuple', 'NamedTuple'], {
    description: 'What is empty there.',
  }),
});

const answer = {
  leaves: Type.Array(Leaf, { description: 'In pytree order: dict keys sorted, sequences by index.' }),
  empty: Type.Array(Empty),
  custom_metadata: Type.Unknown({ description: 'What the trainer stored with the item; null without.' }),
};

export const RestoreArgsSchema = Type.Object(
  {
    run: Type.String({ examples: ['default'] }),
    step: Type.Integer({ examples: [10] }),
    item: nullable(Type.String(), {
      description: 'Null when the step itself is the item.',
      examples: ['default'],
    }),
    ...answer,
  },
  { $id: 'RestoreArgs' },
);

export const ConstructedRestoreArgsSchema = Type.Object(answer, { $id: 'ConstructedRestoreArgs' });

export const VerificationSchema = Type.Object(
  {
    run: Type.String({ examples: ['default'] }),
    step: Type.Integer({ examples: [10] }),
    ok: Type.Boolean({ description: 'Nothing is missing, too short, or at odds with its checksum.' }),
    items: Type.Array(
      Type.Object({
        item: nullable(
          Type.String({ description: 'Null: the step itself, which is the item or has the problem.' }),
        ),
        ok: Type.Boolean(),
        problems: Type.Array(
          Type.Object({
            file: Type.String(),
            code: choice([
              'missing',
              'too_short',
              'checksum_mismatch',
              'malformed',
              'contradiction',
              'uncommitted',
            ]),
            detail: Type.String(),
          }),
        ),
      }),
    ),
    checked_files: Type.Integer(),
    checked_bytes: Type.Integer({ description: 'Bytes that were read, each counted once.' }),
  },
  { $id: 'Verification' },
);
