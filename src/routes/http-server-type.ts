import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
// For its declarations: `request.ws`, `wsHandler`.
import type {} from '@fastify/websocket';
import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import type { Principal } from '../engine/access/principal.js';
import type { Scope } from '../engine/access/scope.js';
import type { EngineView } from '../engine/engine.js';

export type HttpServer = FastifyInstance<
  Server,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

declare module 'fastify' {
  interface FastifyRequest {
    /** The caller. */
    principal: Principal;
    /** The engine as the principal sees it. */
    engine: EngineView;
  }
  interface FastifyContextConfig {
    /** What a caller must be allowed to do; `none`: nothing, and no token is looked at. */
    scope?: Scope | 'none';
    /** A health check: answered while draining. */
    health?: boolean;
    /** What clients do all the time: logged at debug level. */
    routine?: boolean;
    /** Answered whatever limit is reached: a release or acknowledgement makes room, and a probe must tell load from death. */
    neverRefused?: boolean;
    /** The route takes WebSocket upgrades. */
    webSocket?: boolean;
  }
}
