import type { Engine, SubscribeRequest } from '../engine/engine.js';
import { EVENT_TYPES } from '../engine/events/event.js';
import { Type } from '../typebox.js';
import { choice, ref } from './documents/building-blocks.js';
import { hangUpSignal } from './edge/hang-up.js';
import type { Report } from './edge/problem-reply.js';
import type { HttpServer } from './http-server-type.js';
import { responses } from './openapi/responses.js';
import { sendEvents } from './streams/event-socket.js';
import { streamEvents } from './streams/event-stream.js';
import type { Heartbeat } from './streams/heartbeat.js';
import type { Pace } from './streams/pace.js';
import { cursor, DEFAULT_LIMIT, durationText, limit, runFilter } from './wire/parameters.js';
import { optionalRun } from './wire/run-lookup.js';

const SSE = 'text/event-stream';

const EventQuery = Type.Object({
  run: runFilter,
  after: Type.Optional(
    cursor(
      'Everything since this position. Without it, pages begin with the oldest event kept, streams now.',
    ),
  ),
  types: Type.Optional(
    Type.Array(choice(EVENT_TYPES), {
      description: 'Only these types, separated by commas. Bookmarks are never hidden.',
      examples: [['step.finalized', 'step.deleted']],
    }),
  ),
  limit,
  timeout: Type.Optional(
    durationText('Of a page: how long to wait for its first event when there is none yet. Default 0.'),
  ),
});

interface StreamCare {
  readonly pace: Pace;
  readonly heartbeat: Heartbeat;
  readonly report: Report;
}

export function addEventRoute(
  server: HttpServer,
  engine: Engine,
  { pace, heartbeat, report }: StreamCare,
): void {
  const subscription = (query: EventQuery, lastEventId?: string | readonly string[]): SubscribeRequest => ({
    run: optionalRun(engine, query.run),
    types: query.types ?? null,
    after: typeof lastEventId === 'string' && lastEventId !== '' ? lastEventId : (query.after ?? null),
  });

  server.route({
    method: 'GET',
    url: '/events',
    // A HEAD of a stream is of no use to anybody.
    exposeHeadRoute: false,
    config: { webSocket: true },
    schema: {
      operationId: 'readEvents',
      summary: 'Read events: a page, a stream, or a WebSocket',
      description:
        'A JSON page by default; server-sent events with `Accept: text/event-stream`; a WebSocket on upgrade, one JSON text message per event. With `after`, everything since comes first, gap-free, in order, without duplicates. Streams carry `bookmark` events. A client too slow to keep up is closed (WebSocket 1013) and resumes from its cursor. An expired cursor closes a WebSocket with 4410 and the current cursor as the reason. `limit` and `timeout` are for pages.',
      tags: ['events'],
      querystring: EventQuery,
      headers: Type.Object({
        'Last-Event-ID': Type.Optional(
          Type.String({
            description: 'Of a stream: the last id seen; wins over `after`.',
            examples: ['c_9f3a1b_42'],
          }),
        ),
      }),
      response: responses(
        {
          200: {
            description: 'A page of events, or a stream of them.',
            content: {
              'application/json': { schema: ref('EventPage') },
              [SSE]: {
                schema: {
                  type: 'string',
                  description: '`id:` the cursor, `event:` the type, one `data:` line.',
                },
              },
            },
          },
        },
        'run_not_found',
        'cursor_expired',
        'overloaded',
      ),
    },
    // Here, so that an unknown run refuses a handshake too.
    preHandler: async (request) => {
      optionalRun(engine, request.query.run);
    },
    handler: async (request, reply) => {
      const { query } = request;
      if (wantsStream(request.headers.accept)) {
        const wish = subscription(query, request.headers['last-event-id']);
        return streamEvents(reply, await engine.events.subscribe(wish), pace, (error) =>
          report(error, request),
        );
      }
      const { run, types, after } = subscription(query);
      return engine.events.page(
        { run, types, after, limit: query.limit ?? DEFAULT_LIMIT, timeoutMs: query.timeout ?? 0 },
        hangUpSignal(reply),
      );
    },
    wsHandler: (socket, request) => {
      heartbeat.watch(socket);
      return sendEvents(
        socket,
        () => engine.events.subscribe(subscription(request.query)),
        pace,
        (error) => report(error, request),
      );
    },
  });
}

type EventQuery = Type.Static<typeof EventQuery>;

/** Only who names the media type gets a stream: every browser and curl accepts anything. */
function wantsStream(accept: string | undefined): boolean {
  if (accept === undefined) return false;
  return accept.split(',').some((range) => {
    const [type = '', ...parameters] = range.toLowerCase().split(';');
    return type.trim() === SSE && !parameters.some((parameter) => /^\s*q=0(\.0*)?\s*$/.test(parameter));
  });
}
