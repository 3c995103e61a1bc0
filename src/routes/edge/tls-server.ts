import type { RequestListener, Server } from 'node:http';
import { createServer, type ServerOptions } from 'node:https';
import type { SecureContextOptions } from 'node:tls';
import type { TlsMaterial, TlsSource } from '../settings.js';

/** A server that speaks https. What is newer than its first certificate counts for new connections; those that are open go on. */
export function createTlsServer(options: ServerOptions, listener: RequestListener, tls: TlsSource): Server {
  const isClientKnown = tls.material.clientCa !== null;
  const server = createServer(
    {
      ...options,
      ...contextOf(tls.material),
      requestCert: isClientKnown,
      rejectUnauthorized: isClientKnown,
    },
    listener,
  );
  tls.onChange((material) => server.setSecureContext(contextOf(material)));
  // `as`: it has everything that a server of http has; the types of Node do not say so.
  return server as unknown as Server;
}

function contextOf({ cert, key, clientCa }: TlsMaterial): SecureContextOptions {
  return { cert, key, minVersion: 'TLSv1.2', ...(clientCa === null ? {} : { ca: clientCa }) };
}
