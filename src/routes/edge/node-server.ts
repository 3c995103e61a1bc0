import { createServer, type RequestListener, type Server } from 'node:http';
import type { Socket } from 'node:net';
import type { TlsSource } from '../settings.js';
import { createTlsServer } from './tls-server.js';

/** The request line and all headers together. */
const HEADER_BYTES = 16 * 1_024;
/** How long headers may take to arrive, and then the body. A client that sends no faster holds a connection for the asking. */
export const ARRIVAL_MS = 10_000;
/** How long a connection may stay open between two requests. */
const IDLE_MS = 75_000;
/** How often Node looks for headers that are late. */
const CHECK_INTERVAL_MS = 1_000;
/** Silence after which the kernel asks whether the other side is still there: waits and streams may be silent for minutes. */
const PROBE_AFTER_MS = 30_000;

export const SOCKET_OPTIONS = {
  allowHalfOpen: true,
  noDelay: true,
  keepAlive: true,
  keepAliveInitialDelay: PROBE_AFTER_MS,
};

/** Makes Node's server. Bodies that are late are the matter of `body-deadline.ts`: Node only knows a time for the whole request. */
export function createNodeServer(
  listener: RequestListener,
  arrivalMs: number,
  tls: TlsSource | null,
): Server {
  const options = {
    ...SOCKET_OPTIONS,
    // Refused by our own rule instead, with a problem that says so.
    requireHostHeader: false,
    maxHeaderSize: HEADER_BYTES,
    headersTimeout: arrivalMs,
    requestTimeout: 2 * arrivalMs,
    connectionsCheckingInterval: Math.min(CHECK_INTERVAL_MS, arrivalMs),
    keepAliveTimeout: IDLE_MS,
  };
  return tls === null
    ? createServer(options, listener)
    : createTlsServer({ ...options, handshakeTimeout: arrivalMs }, listener, tls);
}

/** Whether the client has sent a single byte. One that connected ahead of need expects no answer. */
export function hasSpoken(socket: Partial<Pick<Socket, 'bytesRead'>>): boolean {
  return socket.bytesRead !== 0;
}
