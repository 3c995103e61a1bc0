import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Clock } from '../../engine/clock.js';
import { PROBLEM_TYPE, toProblem } from './problem.js';
import { newRequestId } from './request-id.js';

/** Answers on the bare socket what never became a request: broken HTTP, headers too large, a bad WebSocket handshake. */
export function answerRaw(socket: Duplex, thrown: unknown, clock: Clock): void {
  // After a reset, or when an answer is already under way, there is nobody to tell.
  if (!socket.writable || socket.destroyed) {
    socket.destroy();
    return;
  }
  const requestId = newRequestId(clock);
  const { status, body } = toProblem(thrown, requestId);
  socket.end(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Error'}`,
      `Content-Type: ${PROBLEM_TYPE}`,
      `Content-Length: ${Buffer.byteLength(body)}`,
      `X-Request-Id: ${requestId}`,
      'Cache-Control: no-store',
      'X-Content-Type-Options: nosniff',
      'Connection: close',
      '',
      body,
    ].join('\r\n'),
    () => socket.destroy(),
  );
}
