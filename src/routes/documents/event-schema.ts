import type { EventDocument } from '../../engine/documents.js';
import { Type } from '../../typebox.js';
import { choice, jsonObject, time } from './building-blocks.js';

export const EventSchema = Type.Object(
  {
    specversion: choice(['1.0'], { description: 'Version of CloudEvents.' }),
    id: Type.String({ description: 'The cursor just behind this event.' }),
    source: Type.String({ description: 'Path of the run.', examples: ['/runs/default'] }),
    type: Type.String({
      description: 'Type of the event. Streams also carry `bookmark`, an event that only tells a cursor.',
      examples: ['step.finalized'],
    }),
    subject: Type.Optional(
      Type.String({ description: 'Step number, lease number or name.', examples: ['12500'] }),
    ),
    time: time('When the event happened.'),
    data: Type.Optional(jsonObject('The document that the event is about, such as a Step.')),
  },
  { title: 'Event', description: 'One event, as CloudEvents 1.0 describes events.' },
);

export const EventPageSchema = Type.Object(
  {
    items: Type.Array(Type.Unsafe<EventDocument>(EventSchema)),
    cursor: Type.String({
      description:
        'The value of `after` that asks for the events behind this page. The cursor advances even when `types` hides every event.',
    }),
    more: Type.Boolean({ description: 'Whether more events are available already.' }),
  },
  { title: 'EventPage', description: 'One page of events, in the order in which they happened.' },
);
