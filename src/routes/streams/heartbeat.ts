import type { WebSocket } from '@fastify/websocket';
import type { Clock } from '../../engine/clock.js';

/** Pings every client in each interval, and cuts those that did not answer the ping before: a dead peer sends no FIN. */
export class Heartbeat {
  readonly #clients: ReadonlySet<WebSocket>;
  readonly #clock: Clock;
  readonly #intervalMs: number;
  readonly #silent = new WeakSet<WebSocket>();
  #cancel: () => void;

  constructor(clients: ReadonlySet<WebSocket>, clock: Clock, intervalMs: number) {
    this.#clients = clients;
    this.#clock = clock;
    this.#intervalMs = intervalMs;
    this.#cancel = this.#schedule();
  }

  /** Must be called once for every client. */
  watch(socket: WebSocket): void {
    socket.on('pong', () => this.#silent.delete(socket));
  }

  stop(): void {
    this.#cancel();
  }

  #schedule(): () => void {
    return this.#clock.after(this.#intervalMs, () => {
      for (const socket of this.#clients) this.#beat(socket);
      this.#cancel = this.#schedule();
    });
  }

  #beat(socket: WebSocket): void {
    if (this.#silent.has(socket)) {
      socket.terminate();
      return;
    }
    this.#silent.add(socket);
    if (socket.readyState === socket.OPEN) socket.ping();
  }
}
