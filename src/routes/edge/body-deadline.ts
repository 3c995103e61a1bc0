import type { IncomingMessage, Server } from 'node:http';
import type { Clock } from '../../engine/clock.js';

/** Has the server close connections whose request's body does not arrive in time, in the way that Node does for late headers. */
export function bodyDeadline(
  server: Server,
  clock: Clock,
  withinMs: number,
): (request: IncomingMessage) => void {
  return (request) => {
    const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
    if (encoding === undefined && (length === undefined || Number(length) === 0)) return;
    const cancel = clock.after(withinMs, () => {
      const late = Object.assign(new Error('the body is late'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' });
      server.emit('clientError', late, request.socket);
    });
    // Node closes a request as soon as its body is read, or its connection gone.
    request.once('close', cancel);
  };
}
