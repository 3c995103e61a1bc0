import { type Static, Type } from '../../typebox.js';

export const CloudEvent = Type.Object({
  id: Type.String(),
  type: Type.String(),
  source: Type.String(),
  subject: Type.Optional(Type.String()),
  time: Type.String(),
  data: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
});
export type CloudEvent = Static<typeof CloudEvent>;
