import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { type Bounds, checkLimit, Headcount, type LimitRule, Quota } from '../../engine/access/limit.js';

/** One connection, from the moment in which it was accepted. */
interface Connection {
  /** What was accepted; under TLS, requests come over another socket, which wraps it. */
  readonly accepted: Socket;
  hasAsked: boolean;
  /** It is one of those that may be there; without a place it is answered once, and only what must never be refused. */
  leavePlace: (() => void) | null;
  /** Whose last request came over it. */
  caller: string | null;
  leaveCaller: () => void;
  /** Subject of the certificate that the client showed. */
  clientSubject: string | null;
}

const LIMIT: LimitRule = {
  setting: 'max_connections',
  code: 'overloaded',
  noun: 'connections',
  hint: 'close connections that nobody needs, or use one for many requests',
};
/** Connections beyond the limit that may bring a release, an acknowledgement or a probe. They end with their first answer. */
const BEYOND = 1_000;

/** All connections of a server, and how many there may be. */
export class Connections {
  readonly #bounds: Bounds;
  readonly #places: Quota;
  readonly #callers = new Headcount();
  readonly #open = new Set<Connection>();
  readonly #bySocket = new WeakMap<Duplex, Connection>();
  /** Under TLS, those whose handshake is under way, by the address and port of the client. */
  readonly #shakingHands = new Map<string, Connection>();

  constructor(server: Server, bounds: Bounds) {
    this.#bounds = bounds;
    this.#places = new Quota(LIMIT, { all: bounds.all, perToken: null });
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

  /** Whether the connection of a request has a place, which it takes as soon as there is one. @throws EngineError `overloaded` */
  takePlace(socket: Duplex): void {
    const connection = this.#bySocket.get(socket);
    if (connection === undefined || connection.leavePlace !== null || connection.accepted.destroyed) return;
    connection.leavePlace = this.#places.enter('');
  }

  hasPlace(socket: Duplex): boolean {
    return this.#bySocket.get(socket)?.leavePlace !== null;
  }

  /** Counts a connection for the caller whose request came over it last. @throws EngineError `overloaded` */
  countFor(socket: Duplex, caller: string): void {
    const connection = this.#bySocket.get(socket);
    if (connection === undefined || connection.caller === caller || connection.accepted.destroyed) return;
    const { perToken } = this.#bounds;
    checkLimit(LIMIT, { all: Infinity, perToken }, { all: 0, ofCaller: this.#callers.of(caller) });
    connection.leaveCaller();
    connection.caller = caller;
    connection.leaveCaller = this.#callers.add(caller);
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
    if (this.#open.size >= this.#bounds.all + BEYOND) {
      socket.destroy();
      return;
    }
    const connection: Connection = {
      accepted: socket,
      hasAsked: false,
      leavePlace: null,
      caller: null,
      leaveCaller: () => undefined,
      clientSubject: null,
    };
    const peer = peerOf(socket);
    this.#open.add(connection);
    this.#bySocket.set(socket, connection);
    this.#shakingHands.set(peer, connection);
    if (this.#places.hasRoom) connection.leavePlace = this.#places.enter('');
    socket.once('close', () => {
      this.#open.delete(connection);
      connection.leavePlace?.();
      connection.leaveCaller();
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
