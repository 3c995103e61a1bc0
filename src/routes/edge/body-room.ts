import type { FastifyReply, FastifyRequest } from 'fastify';
import { EngineError } from '../../engine/errors.js';

/** Bounds the memory of large bodies that are received or worked on at the same time. */
export class BodyRoom {
  readonly #bodyLimit: number;
  #freeBytes: number;

  /** @param bodyLimit largest body; one whose length is not announced counts for as much. */
  constructor(bodyLimit: number, bytes: number) {
    this.#bodyLimit = bodyLimit;
    this.#freeBytes = bytes;
  }

  /** Takes room for the request's body until its answer is sent, or its client gone. */
  take(request: FastifyRequest, reply: FastifyReply): void {
    const announced = Number(request.headers['content-length'] ?? this.#bodyLimit);
    // A larger one is refused before any of it is read.
    const bytes = announced <= this.#bodyLimit ? announced : 0;
    if (bytes > this.#freeBytes) {
      throw new EngineError('overloaded', 'there is no room for a body of this size at the moment');
    }
    this.#freeBytes -= bytes;
    reply.raw.once('close', () => {
      this.#freeBytes += bytes;
    });
  }
}
