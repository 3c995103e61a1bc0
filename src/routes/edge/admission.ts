import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Clock } from '../../engine/clock.js';
import { EngineError } from '../../engine/errors.js';
import { clip } from '../wire/refusal.js';
import type { Connections } from './connections.js';
import type { HostGuard } from './host-guard.js';
import { logWhenDone } from './request-log.js';

const METHODS = ['GET', 'PUT', 'POST', 'DELETE'] as const;

/** On every answer. Nothing here is a page: no sniffing, framing, caching or loading is wanted. */
const HEADERS = {
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Referrer-Policy': 'no-referrer',
  'Cache-Control': 'no-store',
};

/** Tells browsers to use nothing but https for this name from now on: on all ports, so it is not said of `localhost`. */
const STRICT_TRANSPORT = ['Strict-Transport-Security', 'max-age=31536000'] as const;

export interface AdmissionRules {
  readonly guard: HostGuard;
  readonly clock: Clock;
  readonly connections: Connections;
  readonly isStopping: () => boolean;
}

/** Before anything else: the headers of every answer, the log line, and whether the host and origin are welcome. */
export function greet(
  request: FastifyRequest,
  reply: FastifyReply,
  { guard, clock, connections }: AdmissionRules,
): void {
  reply.headers(HEADERS).header('X-Request-Id', request.id);
  if (request.protocol === 'https' && request.hostname !== 'localhost') reply.header(...STRICT_TRANSPORT);
  logWhenDone(request, reply, clock, connections.clientSubject(request.raw.socket));
  // With the name that the client used, where a trusted proxy says it.
  guard.check(
    request.protocol,
    request.host === '' ? request.headers.host : request.host,
    request.headers.origin,
  );
}

/** The first hook of every request; what it refuses is not parsed any further. */
export function admit(request: FastifyRequest, reply: FastifyReply, rules: AdmissionRules): void {
  greet(request, reply, rules);
  const { socket } = request.raw;
  if (request.routeOptions.config.neverRefused !== true) rules.connections.takePlace(socket);
  else if (!rules.connections.hasPlace(socket)) reply.header('Connection', 'close');
  if (request.is404) throw notFound(request);
  if (request.ws === true && request.routeOptions.config.webSocket !== true) {
    throw new EngineError('invalid_request', 'this path takes no WebSocket', {
      hint: 'open the WebSocket on /events',
    });
  }
  if (rules.isStopping() && request.routeOptions.config.health !== true) {
    throw new EngineError('shutting_down', 'the server is shutting down', {
      hint: 'try again when it is back; leases stay as they are',
    });
  }
}

/** `405` with `Allow` where another method would do, else `404`. */
export function notFound(request: FastifyRequest): EngineError {
  const path = request.raw.url?.split('?', 1)[0] ?? '/';
  const allowed = methodsOf(request, path);
  // The method is among them where a file server found no such file.
  if (allowed.length === 0 || allowed.some((method) => method === request.method)) {
    return new EngineError('not_found', `there is nothing at ${JSON.stringify(clip(path))}`, {
      hint: 'see /docs for what there is',
    });
  }
  const allow = allowed.flatMap((method) =>
    method === 'GET' && hasHead(request, path) ? ['GET', 'HEAD'] : [method],
  );
  return new EngineError(
    'method_not_allowed',
    `${request.method} is not possible here: use ${allow.join(' or ')}`,
    {
      fields: { allow: allow.join(', ') },
    },
  );
}

/** The methods of a path: those of its own routes, not of routes with a parameter in its place, as `/leases/{id}` is for `/leases/break`. */
function methodsOf(request: FastifyRequest, url: string): readonly string[] {
  const found = METHODS.flatMap((method) => {
    const route = request.server.findRoute({ url, method });
    return route === null ? [] : [{ method, parameters: Object.keys(route.params).length }];
  });
  const fewest = Math.min(...found.map(({ parameters }) => parameters));
  return found.flatMap(({ method, parameters }) => (parameters === fewest ? [method] : []));
}

/** A client that sends CONNECT takes this server for a proxy. */
export function noProxy(): EngineError {
  return new EngineError('invalid_request', 'CONNECT is not possible here: this server is no proxy', {
    hint: "see that the client's proxy settings leave out this server",
  });
}

function hasHead(request: FastifyRequest, url: string): boolean {
  return request.server.findRoute({ url, method: 'HEAD' }) !== null;
}
