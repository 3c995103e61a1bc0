import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { SOCKET_OPTIONS } from './edge/node-server.js';
import type { HttpServer } from './http-server-type.js';

export interface Listening {
  readonly port: number;
  /** Takes no more connections; resolves when the last one has ended. */
  close(): Promise<void>;
}

/**
 * Binds the server to a port. The name `localhost` has an IPv4 and an IPv6 address: what arrives at the second one is handed to the same
 * server, so that its rules and limits hold for both together.
 */
export async function listen(
  server: HttpServer,
  host: string,
  port: number,
  addressesOf: (name: string) => Promise<readonly string[]> = resolve,
): Promise<Listening> {
  const scheme = 'setSecureContext' in server.server ? 'https' : 'http';
  await server.listen({
    host,
    port,
    listenTextResolver: (address) => `listening at ${address.replace(/^http/, scheme)}`,
  });
  const bound = server.server.address();
  if (bound === null || typeof bound === 'string') throw new Error('the server listens on no port');
  const addresses = host === 'localhost' ? await addressesOf(host) : [];
  const others = addresses.filter((address) => address !== bound.address);
  const doors = await Promise.all(others.map((address) => openDoor(server, address, bound.port)));
  return {
    port: bound.port,
    close: async () => {
      const closed = doors.flatMap((door) => (door === null ? [] : [closeDoor(door)]));
      await Promise.all([server.close(), ...closed]);
    },
  };
}

async function resolve(name: string): Promise<readonly string[]> {
  return (await lookup(name, { all: true })).map(({ address }) => address);
}

/** Null: the machine knows the address by name only. */
async function openDoor(server: HttpServer, address: string, port: number): Promise<Server | null> {
  const door = createServer(SOCKET_OPTIONS, (socket) => server.server.emit('connection', socket));
  try {
    await once(door.listen(port, address), 'listening');
    return door;
  } catch {
    return null;
  }
}

function closeDoor(door: Server): Promise<void> {
  return new Promise((resolve) => door.close(() => resolve()));
}
