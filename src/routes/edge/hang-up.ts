import type { FastifyReply } from 'fastify';

/**
 * A controller that aborts when the client goes before its answer is complete. Built on the response, not the request: Node closes a
 * request as soon as its body is read. The one listener goes with the response, so nothing outlives it on a kept-alive socket.
 */
export function hangUpController(reply: FastifyReply): AbortController {
  const controller = new AbortController();
  const { raw } = reply;
  if (raw.destroyed) controller.abort();
  else {
    raw.once('close', () => {
      if (!raw.writableFinished) controller.abort();
    });
  }
  return controller;
}
