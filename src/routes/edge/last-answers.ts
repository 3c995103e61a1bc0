import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/**
 * Remembers the last answer on each connection. What goes wrong on the bare connection must not be told in the middle of an answer, nor
 * behind the answer of a request that is still arriving: the client would read it as a part of that answer, or as the next one.
 */
export class LastAnswers {
  readonly #bySocket = new WeakMap<Duplex, ServerResponse>();

  note(socket: Duplex, answer: ServerResponse): void {
    this.#bySocket.set(socket, answer);
  }

  /** Whether the client of this connection would read a further answer as what it is. */
  leaveRoom(socket: Duplex): boolean {
    const last = this.#bySocket.get(socket);
    if (last === undefined || !last.headersSent) return true;
    return last.writableFinished && last.req.complete;
  }
}
