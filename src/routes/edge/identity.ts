import type { FastifyRequest, RouteOptions } from 'fastify';
import type { Access } from '../../engine/access/access.js';
import { NOBODY, type Principal } from '../../engine/access/principal.js';
import { requireScope } from '../../engine/access/require-scope.js';
import type { Engine } from '../../engine/engine.js';
import type { HttpServer } from '../http-server-type.js';
import { principalOfSession, SESSION_COOKIE } from './session-cookie.js';

/** Gives every request its place for the principal and the engine's view, so that all requests have one shape. */
export function prepareIdentity(server: HttpServer): void {
  server.decorateRequest('principal');
  server.decorateRequest('engine');
}

/** A server with a route that says nothing of who may use it does not start. */
export function requireScopes(server: HttpServer): void {
  const routes: RouteOptions[] = [];
  server.addHook('onRoute', (route) => void routes.push(route));
  // Only then: plugins add their routes as they like, and whoever registers the plugin adds the scopes.
  server.addHook('onReady', async () => {
    for (const { method, url, config } of routes)
      if (config?.scope === undefined) throw new Error(`the route ${method} ${url} declares no scope`);
  });
}

/**
 * Finds out the caller, and whether this caller may make this call: before the body is read, and before anything is looked up.
 *
 * @throws EngineError `unauthorized` or `forbidden`
 */
export function identify(request: FastifyRequest, access: Access, engine: Engine): void {
  const { scope } = request.routeOptions.config;
  const isOpen = scope === undefined || scope === 'none';
  const principal = isOpen ? NOBODY : principalOf(request, access);
  if (!isOpen) requireScope(principal, scope);
  request.principal = principal;
  request.engine = engine.as(principal);
}

function principalOf(request: FastifyRequest, access: Access): Principal {
  const { authorization } = request.headers;
  const session = request.cookies[SESSION_COOKIE];
  return authorization === undefined && session !== undefined && access.isClosed
    ? principalOfSession(request, access, session)
    : access.principal(bearerOf(authorization));
}

/** The text behind the scheme. Another scheme is no token, and so is said to be none. */
function bearerOf(header: string | undefined): string | null {
  return /^bearer +(\S+) *$/i.exec(header ?? '')?.[1] ?? null;
}
