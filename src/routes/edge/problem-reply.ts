import type { FastifyReply, FastifyRequest } from 'fastify';
import type { FailedRequest, HttpSettings } from '../settings.js';
import { translateError } from './foreign-error.js';
import { describe, PROBLEM_TYPE, type Problem } from './problem.js';

/** Tells whoever wants to know of an error that the client only sees as `internal`, or that ended its stream. */
export type Report = (error: unknown, request: FastifyRequest) => void;

export function internalErrorReport(observe: HttpSettings['onInternalError']): Report {
  return (error, request) => {
    const failed: FailedRequest = {
      requestId: request.id,
      method: request.method,
      route: request.routeOptions.url ?? null,
    };
    if (observe === undefined) request.log.error({ err: error, ...failed }, 'request failed');
    else observe(error, failed);
  };
}

/** Fastify's error handler: one place where anything thrown becomes a problem document. */
export function problemReplies(
  report: Report,
): (thrown: unknown, request: FastifyRequest, reply: FastifyReply) => void {
  return (thrown, request, reply) => {
    const error = translateError(thrown);
    // A client that has gone sees no answer, so what its absence broke is nobody's fault.
    if (error.code === 'internal' && !reply.raw.destroyed) report(error.cause ?? error, request);
    const { allow, ...fields } = error.fields;
    if (error.code === 'method_not_allowed' && typeof allow === 'string') reply.header('Allow', allow);
    sendProblem(reply, describe(error, request.id, fields));
  };
}

export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  // Of a refused handshake the socket is of no further use.
  if (reply.request.ws === true) reply.header('Connection', 'close');
  // As bytes, since Fastify adds a charset to text, which the media type does not have.
  return reply
    .code(problem.status)
    .headers(problem.headers)
    .type(PROBLEM_TYPE)
    .send(Buffer.from(problem.body));
}
