import type { FastifyRequest } from 'fastify';
import type { Principal } from '../../engine/access/principal.js';
import type { Engine } from '../../engine/engine.js';
import type { HttpServer } from '../http-server-type.js';

/** Gives every request its place for the principal and the engine's view, so that all requests have one shape. */
export function prepareIdentity(server: HttpServer): void {
  server.decorateRequest('principal');
  server.decorateRequest('engine');
}

export function identify(request: FastifyRequest, principal: Principal, engine: Engine): void {
  request.principal = principal;
  request.engine = engine.as(principal);
}
