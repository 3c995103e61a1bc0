import { EventEmitter } from 'node:events';
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';

/** Of hop-by-hop headers, the ones that asked for the upgrade. */
const UPGRADE_HEADERS = new Set(['upgrade', 'connection', 'http2-settings']);

/**
 * Passes WebSocket upgrades on as `upgrade` events, and gives every other one back to the server as the plain request that it is.
 * Java's HTTP client and `curl --http2` ask for `h2c` in each first request and expect HTTP/1.1 where it is not offered; but
 * before Node 24 a server that takes any upgrade gets them all, with the HTTP parser already gone from the socket.
 */
export function webSocketUpgrades(server: Server): EventEmitter {
  const upgrades = new EventEmitter();
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (request.headers.upgrade?.toLowerCase() === 'websocket')
      upgrades.emit('upgrade', request, socket, head);
    else readAgain(server, request, socket, head);
  });
  return upgrades;
}

/** Puts the request back in front of what is still to be read, without its wish, and has the server read it anew. */
function readAgain(server: Server, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  const lines = [`${request.method} ${request.url} HTTP/${request.httpVersion}`];
  for (let i = 0; i < request.rawHeaders.length; i += 2) {
    const name = request.rawHeaders[i] ?? '';
    if (!UPGRADE_HEADERS.has(name.toLowerCase())) lines.push(`${name}: ${request.rawHeaders[i + 1] ?? ''}`);
  }
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head]));
  // Over TLS the handshake is behind it.
  server.emit('encrypted' in socket ? 'secureConnection' : 'connection', socket);
}
