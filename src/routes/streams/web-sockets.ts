import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import websocket from '@fastify/websocket';
import type { Clock } from '../../engine/clock.js';
import { EngineError } from '../../engine/errors.js';
import { answerRaw } from '../edge/raw-problem.js';
import type { HttpServer } from '../http-server-type.js';
import { Heartbeat } from './heartbeat.js';
import { webSocketUpgrades } from './upgrades.js';

const MAX_MESSAGE_BYTES = 16 * 1_024;
/** How long a client has to answer a close before it is cut. */
const CLOSE_TIMEOUT_MS = 5_000;

/** Makes WebSocket routes possible on the server, keeps their connections alive, and closes them with 1001 at the end. */
export async function addWebSockets(
  server: HttpServer,
  clock: Clock,
  pingIntervalMs: number,
  stopping: AbortSignal | undefined,
): Promise<Heartbeat> {
  const options = {
    maxPayload: MAX_MESSAGE_BYTES,
    perMessageDeflate: false,
    closeTimeout: CLOSE_TIMEOUT_MS,
    // `as`: the plugin only listens to `upgrade` on it.
    server: webSocketUpgrades(server.server) as unknown as Server,
  };
  await server.register(websocket, {
    options,
    // ws closes a socket that broke the protocol with the code that says how; there is nothing to add.
    errorHandler: (error, _socket, request) => request.log.debug({ err: error }, 'websocket error'),
    preClose(done) {
      closeAll(server);
      server.websocketServer.close();
      done();
    },
  });
  const { websocketServer } = server;
  const heartbeat = new Heartbeat(websocketServer.clients, clock, pingIntervalMs);
  server.addHook('onClose', async () => heartbeat.stop());
  stopping?.addEventListener('abort', () => closeAll(server), { once: true });

  const requestIds = new WeakMap<IncomingMessage, string>();
  server.addHook('preHandler', async (request) => {
    if (request.ws) requestIds.set(request.raw, request.id);
  });
  websocketServer.on('headers', (headers: string[], request: IncomingMessage) => {
    headers.push(`X-Request-Id: ${requestIds.get(request) ?? ''}`);
  });
  websocketServer.on('wsClientError', (error: Error, socket: Duplex) => {
    const refusal = new EngineError(
      'invalid_request',
      `the WebSocket handshake is not valid: ${error.message}`,
    );
    answerRaw(socket, refusal, clock);
  });
  return heartbeat;
}

function closeAll(server: HttpServer): void {
  for (const client of server.websocketServer.clients) client.close(1001, 'the server is shutting down');
}
