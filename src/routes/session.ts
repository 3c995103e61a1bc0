import type { CookieSerializeOptions } from '@fastify/cookie';
import type { FastifyRequest } from 'fastify';
import type { Access } from '../engine/access/access.js';
import { SESSION_MS } from '../engine/access/sessions.js';
import { unauthorized } from '../engine/access/unauthorized.js';
import type { Clock } from '../engine/clock.js';
import { isoTime } from '../engine/units.js';
import { SessionSchema } from './documents/token-schema.js';
import { checkOwnOrigin, SESSION_COOKIE } from './edge/session-cookie.js';
import type { HttpServer } from './http-server-type.js';
import { empty, json, responses } from './openapi/responses.js';
import { NO_PARAMETERS } from './wire/parameters.js';

const tags = ['access'];

export function addSessionRoutes(server: HttpServer, access: Access, clock: Clock): void {
  server.post(
    '/session',
    {
      config: { scope: 'read' },
      schema: {
        operationId: 'beginSession',
        summary: 'Log a browser in',
        description:
          'Gives a browser a cookie for its token, which must come in the header `Authorization`. The session may do what the token may. It ends after twelve hours, with the token, and with the server. Requests with the cookie that change something, and WebSockets, must come from a page of this server.',
        tags,
        querystring: NO_PARAMETERS,
        response: responses({ 201: json('The session. The cookie is `steplease_session`.', SessionSchema) }),
      },
    },
    async (request, reply) => {
      const { principal } = request;
      if (access.isClosed && request.headers.authorization === undefined)
        throw unauthorized('a session is made from a token, not from another session');
      const text = access.sessions.begin(principal);
      const { name, scope, runs } = principal;
      reply.setCookie(SESSION_COOKIE, text, { ...attributes(request), maxAge: SESSION_MS / 1_000 });
      return reply
        .code(201)
        .send({ name, scope, runs: [...runs.patterns], expires_at: isoTime(clock.now() + SESSION_MS) });
    },
  );

  server.delete(
    '/session',
    {
      config: { scope: 'none' },
      schema: {
        operationId: 'endSession',
        summary: 'Log a browser out',
        description: 'Ends the session of the cookie, with its streams and waits, and takes the cookie away.',
        tags,
        querystring: NO_PARAMETERS,
        response: responses({ 204: empty('There is no session any more.') }),
      },
    },
    async (request, reply) => {
      const text = request.cookies[SESSION_COOKIE];
      if (text !== undefined) {
        checkOwnOrigin(request);
        access.sessions.end(text);
      }
      return reply.clearCookie(SESSION_COOKIE, attributes(request)).code(204).send();
    },
  );
}

function attributes({ protocol }: FastifyRequest): CookieSerializeOptions {
  return { path: '/', httpOnly: true, sameSite: 'strict', secure: protocol === 'https' };
}
