import type { EventDocument } from '../../engine/documents.js';
import { Type } from '../../typebox.js';
import { jsonObject, ref, time } from './building-blocks.js';

export const EventSchema = Type.Object(
  {
    specversion: Type.Literal('1.0'),
    id: Type.String({ description: 'The cursor just behind this event.' }),
    source: Type.String({ examples: ['/runs/default'] }),
    type: Type.String({
      description: 'On streams also `bookmark`, which carries nothing but a cursor.',
      examples: ['step.finalized'],
    }),
    subject: Type.Optional(Type.String({ examples: ['12500'] })),
    time: time('When it happened.'),
    data: Type.Optional(jsonObject('The document of what the event is about, such as a Step.')),
  },
  { $id: 'Event', description: 'CloudEvents 1.0.' },
);

export const EventPageSchema = Type.Object(
  {
    items: Type.Array(ref<EventDocument>('Event')),
    cursor: Type.String({
      description: 'Give it as `after` for what comes next. It moves on even when `types` hides all.',
    }),
    more: Type.Boolean({ description: 'Whether more events are there already.' }),
  },
  { $id: 'EventPage' },
);
