import { EngineError } from '../../engine/errors.js';
import type { HttpServer } from '../http-server-type.js';

const WINDOW_MS = 1_000;

/**
 * Refuses what a caller asks beyond its requests per second. Has to be called ahead of the routes, and after the hook that says who calls. The
 * plugin is loaded only by servers that have this limit.
 */
export async function limitRequestRate(server: HttpServer, perSecond: number | null): Promise<void> {
  if (perSecond === null) return;
  const { fastifyRateLimit } = await import('@fastify/rate-limit');
  await server.register(fastifyRateLimit, {
    max: perSecond,
    timeWindow: WINDOW_MS,
    keyGenerator: ({ principal }) => principal.name,
    // Probes come without a token: what others ask without one must not make a server look unready.
    allowList: ({ routeOptions: { config } }) => config.neverRefused === true || config.health === true,
    errorResponseBuilder: () => tooManyRequests(perSecond),
    // `Retry-After` is set where every problem gets it.
    addHeaders: {
      'x-ratelimit-limit': false,
      'x-ratelimit-remaining': false,
      'x-ratelimit-reset': false,
      'retry-after': false,
    },
    addHeadersOnExceeding: {
      'x-ratelimit-limit': false,
      'x-ratelimit-remaining': false,
      'x-ratelimit-reset': false,
    },
  });
}

function tooManyRequests(perSecond: number): EngineError {
  return new EngineError(
    'too_many_requests',
    `this caller has sent more than ${perSecond} requests in a second, the most that the server takes`,
    {
      hint: 'wait for steps with GET /wait or GET /events, in place of asking again and again',
      fields: { setting: 'requests_per_second', limit: perSecond },
    },
  );
}
