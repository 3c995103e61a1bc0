import { type Static, Type } from '../../typebox.js';
import { nullable } from './nullable.js';

export const WaitRecord = Type.Object({
  run: Type.String(),
  until: nullable(Type.Number()),
  started_at: Type.String(),
  duration: Type.Number(),
  outcome: Type.String(),
  step: nullable(Type.Number()),
  source: Type.String(),
});
export type WaitRecord = Static<typeof WaitRecord>;

export const WaitSummary = Type.Object({
  count: Type.Number(),
  reached: Type.Number(),
  timeout: Type.Number(),
  finished: Type.Number(),
  cancelled: Type.Number(),
  p50: nullable(Type.Number()),
  p90: nullable(Type.Number()),
  p99: nullable(Type.Number()),
  max: nullable(Type.Number()),
});
export type WaitSummary = Static<typeof WaitSummary>;
