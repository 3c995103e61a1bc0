import type { IncomingMessage, Server, ServerResponse } from 'node:http';

/**
 * Ends connections that are kept alive with the answer under way, once the server is stopping. Node closes those that are idle at
 * the moment in which it begins to close, and would then wait for the others until their clients have been silent for long enough.
 */
export function endKeptAlive(server: Server, isStopping: () => boolean): void {
  server.on('request', (_request: IncomingMessage, response: ServerResponse) => {
    response.once('close', () => {
      if (isStopping()) server.closeIdleConnections();
    });
  });
}
