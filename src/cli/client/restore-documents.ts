import { type Static, Type } from '../../typebox.js';
import { nullable } from './nullable.js';

export const Verification = Type.Object({
  run: Type.String(),
  step: Type.Number(),
  ok: Type.Boolean(),
  items: Type.Array(
    Type.Object({
      item: nullable(Type.String()),
      ok: Type.Boolean(),
      problems: Type.Array(Type.Object({ file: Type.String(), code: Type.String(), detail: Type.String() })),
    }),
  ),
  checked_files: Type.Number(),
  checked_bytes: Type.Number(),
});

export const RestoreArgs = Type.Object({
  leaves: Type.Array(
    Type.Object({
      path: Type.Array(Type.Union([Type.String(), Type.Number()])),
      type: Type.String(),
      restore_type: Type.String(),
      dtype: nullable(Type.String()),
      global_shape: Type.Optional(nullable(Type.Array(Type.Number()))),
      sharding: Type.Optional(Type.Unknown()),
    }),
  ),
});
export type RestoreLeaf = Static<typeof RestoreArgs>['leaves'][number];
