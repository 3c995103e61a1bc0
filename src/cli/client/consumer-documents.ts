import { type Static, Type } from '../../typebox.js';
import { nullable } from './nullable.js';

export const Consumer = Type.Object({
  name: Type.String(),
  run: Type.String(),
  mode: Type.String(),
  last_acked_step: nullable(Type.Number()),
  pending: Type.Array(Type.Number()),
  in_flight: Type.Array(
    Type.Object({
      step: Type.Number(),
      number: Type.Number(),
      attempt: Type.Number(),
      holder: nullable(Type.String()),
    }),
  ),
  parked: Type.Array(Type.Object({ step: Type.Number(), attempts: Type.Number() })),
  lag: nullable(Type.Number()),
  last_error: Type.Unknown(),
});
export type Consumer = Static<typeof Consumer>;

export const ConsumerResult = Type.Object({
  step: Type.Number(),
  acked_at: Type.String(),
  attempts: Type.Number(),
  result: Type.Unknown(),
});
