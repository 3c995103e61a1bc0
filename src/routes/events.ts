import type { FastifyRequest } from 'fastify';
import type { EngineView, SubscribeRequest } from '../engine/engine.js';
import { EVENT_TYPES } from '../engine/events/event.js';
import { Type } from '../typebox.js';
import { choice } from './documents/building-blocks.js';
import { EventPageSchema } from './documents/event-schema.js';
import type { Report } from './edge/problem-reply.js';
import { whileWelcome } from './edge/while-welcome.js';
import type { HttpServer } from './http-server-type.js';
import { responses } from './openapi/responses.js';
import { sendEvents } from './streams/event-socket.js';
import { streamEvents } from './streams/event-stream.js';
import type { Heartbeat } from './streams/heartbeat.js';
import type { Pace } from './streams/pace.js';
import type { StreamTerms } from './streams/stream-terms.js';
import { cursor, DEFAULT_LIMIT, durationText, limit, runFilter } from './wire/parameters.js';
import { optionalRun } from './wire/run-lookup.js';

const JSON_TYPE = 'application/json';
const SSE = 'text/event-stream';

const EventQuery = Type.Object({
  run: runFilter,
  after: Type.Optional(
    cursor(
      'Position behind which the events begin. Without it, pages begin with the oldest event that is kept, and streams with the next one.',
    ),
  ),
  types: Type.Optional(
    Type.Array(choice(EVENT_TYPES), {
      minItems: 1,
      description: 'Types to include, separated by commas. Bookmarks are always included.',
      examples: [['step.finalized', 'step.deleted']],
    }),
  ),
  limit,
  timeout: Type.Optional(
    durationText('Longest wait for the first event of a page when there is none yet:', {
      default: '0s',
    }),
  ),
});

interface StreamCare {
  readonly pace: Pace;
  readonly heartbeat: Heartbeat;
  readonly report: Report;
}

export function addEventRoute(server: HttpServer, { pace, heartbeat, report }: StreamCare): void {
  const subscription = (
    engine: EngineView,
    query: EventQuery,
    lastEventId?: string | readonly string[],
  ): SubscribeRequest => ({
    run: optionalRun(engine, query.run),
    types: query.types ?? null,
    after: typeof lastEventId === 'string' && lastEventId !== '' ? lastEventId : (query.after ?? null),
  });

  const termsOf = (request: FastifyRequest): StreamTerms => ({
    pace,
    report: (error) => report(error, request),
    ended: request.principal.ended,
  });

  server.route({
    method: 'GET',
    url: '/events',
    // A HEAD of a stream is of no use to anybody.
    exposeHeadRoute: false,
    config: { scope: 'read', webSocket: true },
    schema: {
      operationId: 'readEvents',
      summary: 'Read events as a page, a stream or a WebSocket',
      description:
        'Gives a JSON page by default, server-sent events with `Accept: text/event-stream`, and a WebSocket with one JSON text message per event on upgrade. With `after`, all events behind that position come first, in order, without gaps and duplicates. Streams also carry `bookmark` events. A client that is too slow is disconnected (WebSocket code 1013) and goes on from its cursor. An expired cursor closes a WebSocket with code 4410 and the current cursor as the reason. `limit` and `timeout` apply to pages.',
      tags: ['events'],
      querystring: EventQuery,
      headers: Type.Object({
        'Last-Event-ID': Type.Optional(
          Type.String({
            description: 'The last id that the reader of a stream saw. It wins over `after`.',
          }),
        ),
      }),
      response: responses(
        {
          200: {
            description: 'A page of events, or a stream of them.',
            content: {
              [JSON_TYPE]: { schema: EventPageSchema },
              [SSE]: {
                schema: {
                  type: 'string',
                  description:
                    'Server-sent events: `id:` is the cursor, `event:` the type, and one `data:` line the event.',
                },
              },
            },
          },
        },
        'run_not_found',
        'cursor_expired',
        'limit_reached',
      ),
    },
    // Here, so that an unknown run refuses a handshake too.
    preHandler: async (request) => {
      optionalRun(request.engine, request.query.run);
    },
    handler: async (request, reply) => {
      const { query, engine } = request;
      if (wantsStream(request.headers.accept)) {
        const wish = subscription(engine, query, request.headers['last-event-id']);
        return streamEvents(reply, await engine.events.subscribe(wish), termsOf(request));
      }
      const { run, types, after } = subscription(engine, query);
      const page = { run, types, after, limit: query.limit ?? DEFAULT_LIMIT, timeoutMs: query.timeout ?? 0 };
      return whileWelcome(reply, (signal) => engine.events.page(page, signal));
    },
    wsHandler: (socket, request) => {
      heartbeat.watch(socket);
      return sendEvents(
        socket,
        () => request.engine.events.subscribe(subscription(request.engine, request.query)),
        termsOf(request),
      );
    },
  });
}

type EventQuery = Type.Static<typeof EventQuery>;

/**
 * Whether a stream is wanted rather than a page. Only a client that names the media type gets one, since every browser and curl
 * accepts anything. Generated clients name all media types of the call: of two with the same weight, the first counts.
 */
function wantsStream(accept = ''): boolean {
  const ranges = accept.toLowerCase().split(',').map(readRange);
  const [best] = ranges
    .filter(({ type }) => type === SSE || type === JSON_TYPE)
    .sort((a, b) => b.weight - a.weight);
  return best !== undefined && best.type === SSE && best.weight > 0;
}

function readRange(range: string): { readonly type: string; readonly weight: number } {
  const [type = '', ...parameters] = range.split(';').map((part) => part.trim());
  const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? '1';
  return { type, weight: Number(weight) || 0 };
}
