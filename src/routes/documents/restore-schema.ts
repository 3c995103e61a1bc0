import { Type } from '../../typebox.js';
import { choice, nullable } from './building-blocks.js';

export const treePath = Type.Unsafe<readonly (string | number)[]>({
  type: 'array',
  items: { title: 'PathElement', oneOf: [{ type: 'string' }, { type: 'integer' }] },
  description: 'Position in the tree. Strings are keys, integers are indices.',
  examples: [['params', 'w']],
});

/** A sharding as Orbax serializes it. */
export const sharding = (description: string) =>
  Type.Unsafe<object | null>({ type: ['object', 'null'], additionalProperties: true, description });

const Leaf = Type.Object(
  {
    path: treePath,
    type: choice(['ArrayRestoreArgs', 'RestoreArgs'], { description: "Name of Orbax's class." }),
    restore_type: choice(['jax.Array', 'np.ndarray', 'int', 'float', 'complex', 'bool', 'str', 'ellipsis']),
    dtype: nullable(Type.String(), { description: 'Name in NumPy or ml_dtypes.', examples: ['float32'] }),
    global_shape: Type.Optional(
      Type.Unsafe<readonly number[] | null>({ type: ['array', 'null'], items: { type: 'integer' } }),
    ),
    sharding: Type.Optional(sharding("The sharding in Orbax's own serialized form.")),
    strict: Type.Optional(Type.Boolean()),
  },
  { title: 'RestoreLeaf', description: 'How one leaf of the tree is restored.' },
);

const Empty = Type.Object(
  {
    path: treePath,
    value_type: choice(['None', 'Dict', 'List', 'Tuple', 'NamedTuple'], {
      description: 'Type of the empty value.',
    }),
  },
  { title: 'EmptyNode', description: 'A place in the tree that contains no leaf.' },
);

const answer = {
  leaves: Type.Array(Leaf, { description: 'In pytree order: dict keys sorted, sequences by index.' }),
  empty: Type.Array(Empty),
  custom_metadata: Type.Unknown({
    description: 'Metadata that the trainer stored with the item; null without any.',
  }),
};

export const RestoreArgsSchema = Type.Object(
  {
    run: Type.String({ examples: ['default'] }),
    step: Type.Integer({ examples: [10] }),
    item: nullable(Type.String(), {
      description: 'Name of the item; null when the step itself is the item.',
      examples: ['default'],
    }),
    ...answer,
  },
  { title: 'RestoreArgs', description: 'How to restore an item of a checkpoint.' },
);

export const ConstructedRestoreArgsSchema = Type.Object(answer, {
  title: 'ConstructedRestoreArgs',
  description: 'How to restore into the given target tree.',
});

const VerificationProblem = Type.Object(
  {
    file: Type.String({ description: 'Path of the file below the item or step.' }),
    code: choice(['missing', 'too_short', 'checksum_mismatch', 'malformed', 'contradiction', 'uncommitted']),
    detail: Type.String({ description: 'One sentence that explains the problem.' }),
  },
  { title: 'VerificationProblem', description: 'One fault of a checkpoint.' },
);

const VerifiedItem = Type.Object(
  {
    item: nullable(Type.String(), {
      description: 'Name of the item; null for the step itself, which is the item or has the problem.',
    }),
    ok: Type.Boolean({ description: 'Whether the item has no problems.' }),
    problems: Type.Array(VerificationProblem),
  },
  { title: 'VerifiedItem', description: 'Findings about one item of a checkpoint.' },
);

export const VerificationSchema = Type.Object(
  {
    run: Type.String({ examples: ['default'] }),
    step: Type.Integer({ examples: [10] }),
    ok: Type.Boolean({
      description: 'Whether nothing is missing, too short, or at odds with its checksum.',
    }),
    items: Type.Array(VerifiedItem),
    checked_files: Type.Integer({ description: 'Number of files that were checked.' }),
    checked_bytes: Type.Integer({ description: 'Number of bytes that were read, each counted once.' }),
  },
  { title: 'Verification', description: 'Whether a checkpoint is whole.' },
);
