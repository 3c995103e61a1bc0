import type { WebSocket } from '@fastify/websocket';
import type { EventDocument } from '../../engine/documents.js';
import type { Subscription } from '../../engine/engine.js';
import { EngineError } from '../../engine/errors.js';
import { type Pace, withinPace } from './pace.js';
import type { StreamTerms } from './stream-terms.js';

/** RFC 6455 and the contract: why a socket was closed. */
const CLOSE = {
  goingAway: 1001,
  failed: 1011,
  tryAgainLater: 1013,
  tokenEnded: 4401,
  cursorExpired: 4410,
} as const;
const SHUTDOWN = [CLOSE.goingAway, 'the server is shutting down'] as const;

/**
 * One JSON text message per event, until the subscription ends, the client goes, or it takes nothing for the length of the pace.
 * A batch is sent only when the one before has left this process, so no client's backlog grows beyond one batch.
 */
export async function sendEvents(
  socket: WebSocket,
  subscribe: () => Promise<Subscription>,
  { pace, report, ended }: StreamTerms,
): Promise<void> {
  const leave = () => socket.close(CLOSE.tokenEnded, 'the token was revoked or has expired');
  ended.listen(leave);
  socket.once('close', () => ended.forget(leave));
  try {
    const subscription = await subscribe();
    socket.once('close', () => subscription.close());
    // It may have been closed while the subscription was made.
    if (socket.readyState !== socket.OPEN) return subscription.close();
    for (let events = await subscription.next(); events !== null; events = await subscription.next()) {
      if (await sent(socket, events, pace)) continue;
      subscription.close();
      return socket.close(CLOSE.tryAgainLater, 'too slow: resume from the last cursor');
    }
    socket.close(...SHUTDOWN);
  } catch (error) {
    if (!(error instanceof EngineError)) report(error);
    else if (error.code === 'internal') report(error.cause ?? error);
    socket.close(...whyClosed(error));
  }
}

function sent(socket: WebSocket, events: readonly EventDocument[], pace: Pace): Promise<boolean> {
  return withinPace(pace, (done) => {
    let left = events.length;
    if (left === 0) done();
    for (const event of events) {
      // Called with an error when the socket has closed: then the subscription ends, and with it the loop.
      socket.send(JSON.stringify(event), () => {
        left -= 1;
        if (left === 0) done();
      });
    }
    return undefined;
  });
}

function whyClosed(error: unknown): readonly [code: number, reason: string] {
  if (!(error instanceof EngineError)) return [CLOSE.failed, 'internal'];
  const { cursor } = error.fields;
  if (error.code === 'cursor_expired' && typeof cursor === 'string') return [CLOSE.cursorExpired, cursor];
  if (error.code === 'shutting_down') return SHUTDOWN;
  return [error.code === 'limit_reached' ? CLOSE.tryAgainLater : CLOSE.failed, error.code];
}
