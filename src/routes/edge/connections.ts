import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';

/** One connection, from the moment in which it was accepted. */
interface Connection {
  /** What was accepted; under TLS, requests come over another socket, which wraps it. */
  readonly accepted: Socket;
  hasAsked: boolean;
  /** Subject of the certificate that the client showed. */
  clientSubject: string | null;
}

/** All connections of a server. */
export class Connections {
  readonly #open = new Set<Connection>();
  readonly #bySocket = new WeakMap<Duplex, Connection>();
  /** Under TLS, those whose handshake is under way, by the address and port of the client. */
  readonly #shakingHands = new Map<string, Connection>();

  constructor(server: Server) {
    server.on('connection', (socket: Socket) => this.#accept(socket));
    server.on('secureConnection', (socket: TLSSocket) => this.#secure(socket));
    const heard = ({ socket }: IncomingMessage): void => {
      const connection = this.#bySocket.get(socket);
      if (connection !== undefined) connection.hasAsked = true;
    };
    server.on('request', heard);
    server.on('upgrade', heard);
  }

  /** Null: there is none, or the connection is not encrypted. */
  clientSubject(socket: Duplex): string | null {
    return this.#bySocket.get(socket)?.clientSubject ?? null;
  }

  /**
   * Cuts connections without a request. Browsers and connection pools connect ahead of need, and Node does not count a connection as idle
   * before its first request: one that never made any would hold up the server's close.
   */
  cutSilent(): void {
    for (const { accepted, hasAsked } of this.#open) if (!hasAsked) accepted.destroy();
  }

  #accept(socket: Socket): void {
    // It was handed back to the server, to be read anew.
    if (this.#bySocket.has(socket)) return;
    const connection: Connection = { accepted: socket, hasAsked: false, clientSubject: null };
    const peer = peerOf(socket);
    this.#open.add(connection);
    this.#bySocket.set(socket, connection);
    this.#shakingHands.set(peer, connection);
    socket.once('close', () => {
      this.#open.delete(connection);
      this.#shakingHands.delete(peer);
    });
  }

  #secure(socket: TLSSocket): void {
    const peer = peerOf(socket);
    const connection = this.#shakingHands.get(peer);
    if (connection === undefined) return;
    this.#shakingHands.delete(peer);
    this.#bySocket.set(socket, connection);
    const subject = socket.getPeerX509Certificate()?.subject;
    connection.clientSubject = subject === undefined ? null : subject.replaceAll('\n', ', ');
  }
}

function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
