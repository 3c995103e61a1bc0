import { isIP } from 'node:net';
import { type FastifyReply, type FastifyRequest, LogController } from 'fastify';
import type { Clock } from '../../engine/clock.js';
import { NAME } from '../../engine/names.js';

/** Fastify's own request lines are off: they show the raw URL, and with it lease ids, which are capabilities. */
export function quietLog(): LogController {
  return new LogController({ disableRequestLogging: true, requestIdLogLabel: 'request_id' });
}

/**
 * Writes one line when the answer is complete or the client has gone, with the route's pattern in place of the URL.
 *
 * @param subject of the certificate that the client showed; null: none.
 */
export function logWhenDone(
  request: FastifyRequest,
  reply: FastifyReply,
  clock: Clock,
  subject: string | null,
): void {
  const startedAt = clock.monotonic();
  // Of a connection that was closed nobody knows any more where it came from.
  const from = { client: clientOf(request), ...(subject === null ? {} : { client_subject: subject }) };
  reply.raw.once('close', () => {
    // A response without headers that was closed is an upgraded connection, or one whose client hung up.
    const upgraded = request.ws === true && !reply.raw.headersSent;
    const line = {
      method: request.method,
      route: request.routeOptions.url ?? null,
      ...callOf(request),
      status: upgraded ? 101 : reply.raw.headersSent ? reply.raw.statusCode : null,
      ...from,
      duration_ms: Math.round((clock.monotonic() - startedAt) * 1_000) / 1_000,
      ...(upgraded || reply.raw.writableFinished ? {} : { aborted: true }),
    };
    if (request.routeOptions.config.routine === true) request.log.debug(line, 'request');
    else request.log.info(line, 'request');
  });
}

/** What a proxy writes may be no address: then its own counts. */
function clientOf(request: FastifyRequest): string | undefined {
  return isIP(request.ip) === 0 ? request.socket.remoteAddress : request.ip;
}

/** The caller, and the names of what the call was about: names only, since a lease's id is a capability, and anything may stand where a name should. */
function callOf({ principal, params, query }: FastifyRequest): object {
  const given: Readonly<Record<string, unknown>> = { ...Object(query), ...Object(params) };
  const named = ['run', 'consumer', 'token'].flatMap((key) => {
    const name = given[key];
    return typeof name === 'string' && NAME.test(name) ? [[key, name]] : [];
  });
  return { ...(principal === undefined ? {} : { caller: principal.name }), ...Object.fromEntries(named) };
}
