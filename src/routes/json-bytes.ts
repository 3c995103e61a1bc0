import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { isWhole, type JsonBytes } from '../engine/restore/json-bytes.js';

/**
 * Sends a finished JSON document piece by piece: one of many megabytes is never copied into one buffer. One that is still being made is
 * taken as fast as the client reads; its length is not known.
 */
export function sendJson(
  reply: Pick<FastifyReply, 'type' | 'header' | 'send'>,
  json: JsonBytes,
): FastifyReply {
  if (isWhole(json))
    reply.header(
      'content-length',
      json.reduce((sum, piece) => sum + piece.byteLength, 0),
    );
  reply.type('application/json; charset=utf-8');
  return reply.send(Readable.from(json, { objectMode: false }));
}
