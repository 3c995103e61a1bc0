import { type Static, Type } from '../../typebox.js';
import { nullable } from './nullable.js';

/*
 * What the command line reads of the server's documents: a part of each, checked on arrival. The contract lets the server add fields, so
 * whatever is not named here is neither missed nor minded.
 */

const text = Type.String();
const maybeText = nullable(text);
const number = Type.Number();
const maybeNumber = nullable(number);

export const StepDocument = Type.Object({
  run: text,
  step: maybeNumber,
  name: text,
  generation: maybeText,
  state: text,
  reason: text,
  path: text,
  committed_at: maybeText,
  size_bytes: maybeNumber,
  leases: number,
  snapshot: nullable(Type.Object({ path: text, mode: text, retained_bytes: number })),
});
export type StepDocument = Static<typeof StepDocument>;

export const RunDocument = Type.Object({
  name: text,
  directory: text,
  state: text,
  reason: maybeText,
  warnings: Type.Array(Type.Object({ code: text, detail: text, hint: maybeText })),
  latest_step: maybeNumber,
  step_count: number,
  watch: Type.Object({ mode: text, degraded: Type.Boolean() }),
  leases: Type.Object({ active: number }),
  snapshots: Type.Object({ count: number, retained_bytes: number }),
});
export type RunDocument = Static<typeof RunDocument>;

export const PublicLease = Type.Object({
  number,
  run: text,
  step: number,
  state: text,
  holder: maybeText,
  path: text,
  snapshot: Type.Boolean(),
  ttl: number,
  ttl_remaining: maybeNumber,
  granted_at: text,
  end_reason: Type.Optional(maybeText),
});
export type PublicLease = Static<typeof PublicLease>;

export const Lease = Type.Intersect([
  PublicLease,
  Type.Object({
    id: text,
    renew_after: maybeNumber,
    delivery: Type.Optional(nullable(Type.Object({ consumer: text, attempt: number }))),
  }),
]);
export type Lease = Static<typeof Lease>;

/** A wait that ended without a step. */
export const Unsatisfied = Type.Object({
  satisfied: Type.Literal(false),
  reason: text,
  detail: Type.Optional(text),
});
export type Unsatisfied = Static<typeof Unsatisfied>;

export const Satisfied = Type.Object({ satisfied: Type.Literal(true), step: number });
