import type { ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';
import type { EventDocument } from '../../engine/documents.js';
import type { Subscription } from '../../engine/engine.js';
import { EngineError } from '../../engine/errors.js';
import { type Pace, withinPace } from './pace.js';
import type { StreamTerms } from './stream-terms.js';

/**
 * Server-sent events, written by hand: @fastify/sse 0.6 waits for `drain` without a bound and without looking for `close`, so a
 * client that stops reading and then vanishes would hold its subscription for ever; it also sends a heartbeat that the bookmarks
 * make needless.
 *
 * Ends when the subscription does, when the client goes, or when it takes nothing for the length of the pace; a client that comes
 * back with its last event id misses nothing.
 */
export async function streamEvents(
  reply: FastifyReply,
  subscription: Subscription,
  { pace, report, ended }: StreamTerms,
): Promise<void> {
  const { raw } = reply;
  reply.hijack();
  const leave = () => subscription.close();
  raw.once('close', leave);
  ended.listen(leave);
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (value !== undefined) raw.setHeader(name, value);
  }
  raw.writeHead(200, { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' });
  raw.flushHeaders();
  try {
    for (let events = await subscription.next(); events !== null; events = await subscription.next()) {
      if (raw.destroyed) return;
      if (raw.write(events.map(frame).join('')) || (await drained(raw, pace))) continue;
      raw.destroy();
      return;
    }
  } catch (error) {
    // History may have gone away under a slow client: it sees the end, reconnects, and is told why.
    if (!(error instanceof EngineError)) report(error);
    else if (error.code === 'internal') report(error.cause ?? error);
  } finally {
    ended.forget(leave);
    subscription.close();
    raw.end();
  }
}

/** JSON.stringify escapes line breaks, so one `data:` line always suffices. */
function frame(event: EventDocument): string {
  return `id: ${event.id}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}

function drained(raw: ServerResponse, pace: Pace): Promise<boolean> {
  return withinPace(pace, (done) => {
    raw.on('drain', done);
    raw.on('close', done);
    return () => {
      raw.off('drain', done);
      raw.off('close', done);
    };
  });
}
