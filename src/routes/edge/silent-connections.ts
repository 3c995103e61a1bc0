import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Browsers and connection pools connect ahead of need. Node does not count a connection as idle before its first request, so one
 * that never made any would hold up the server's close for a minute.
 *
 * @returns what cuts those connections.
 */
export function silentConnections(server: Server): () => void {
  const silent = new Set<Socket>();
  const heard = (request: IncomingMessage) => silent.delete(request.socket);
  server.on('connection', (socket) => {
    silent.add(socket);
    socket.once('close', () => silent.delete(socket));
  });
  server.on('request', heard);
  server.on('upgrade', heard);
  return () => {
    for (const socket of silent) socket.destroy();
  };
}
