import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import type { JsonBytes } from '../engine/engine.js';

/** Sends a finished JSON document piece by piece: one of many megabytes is never copied into one buffer. */
export function sendJson(
  reply: Pick<FastifyReply, 'type' | 'header' | 'send'>,
  pieces: JsonBytes,
): FastifyReply {
  const length = pieces.reduce((sum, piece) => sum + piece.byteLength, 0);
  reply.header('content-length', length).type('application/json; charset=utf-8');
  return reply.send(Readable.from(pieces, { objectMode: false }));
}
