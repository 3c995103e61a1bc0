import type { Clock } from '../../engine/clock.js';
import { Check } from '../../typebox.js';
import { CloudEvent } from '../client/event-document.js';
import { readEventStream } from '../client/event-stream.js';
import { parseJson } from '../client/parse-json.js';
import { ForeignAnswerError, isPassing, UnreachableError } from '../client/problem.js';
import type { ServerClient } from '../client/server-client.js';
import { pause } from './pause.js';

export interface EventQuery {
  readonly run: string | null;
  readonly types: string | null;
  /** A cursor; null: from now on. */
  readonly after: string | null;
}

export interface Following {
  readonly client: ServerClient;
  readonly clock: Clock;
  readonly query: EventQuery;
  readonly signal: AbortSignal;
  /** Every position that is passed, bookmarks included. */
  readonly onCursor: (cursor: string) => void;
  readonly onAway: (error: Error) => void;
}

/** A stream says something after 15 idle seconds at the latest: one that says nothing for so long is dead. */
const SILENCE_MS = 45_000;
const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 5_000;

/**
 * Every event from one position on, without a gap and without end: when the stream breaks off, another one goes on behind the last cursor
 * seen.
 *
 * @throws ProblemError when the position is no longer kept; UnreachableError when the server never answered; the signal's reason.
 */
export async function* followEvents(following: Following): AsyncGenerator<CloudEvent> {
  const { client, clock, signal, onAway, onCursor } = following;
  let cursor = following.query.after;
  let delayMs = FIRST_DELAY_MS;
  for (;;) {
    try {
      for await (const event of readStream(following, cursor)) {
        cursor = event.id;
        onCursor(cursor);
        delayMs = FIRST_DELAY_MS;
        if (event.type !== 'bookmark') yield event;
      }
    } catch (error) {
      if (!(error instanceof Error) || !isPassing(error) || !client.hasAnswered) throw error;
      if (delayMs === FIRST_DELAY_MS) onAway(error);
    }
    await pause(clock, delayMs, signal);
    delayMs = Math.min(LONGEST_DELAY_MS, delayMs * 2);
  }
}

async function* readStream(
  { client, clock, query, signal }: Following,
  cursor: string | null,
): AsyncGenerator<CloudEvent> {
  const silence = new AbortController();
  const either = AbortSignal.any([signal, silence.signal]);
  const listen = () =>
    clock.after(SILENCE_MS, () =>
      silence.abort(new UnreachableError(client.server, 'the stream went silent')),
    );
  let cancel = listen();
  try {
    const body = client.stream({
      path: ['events'],
      query: { ...query, after: cursor },
      headers: { accept: 'text/event-stream' },
      signal: either,
    });
    for await (const { data } of readEventStream(body)) {
      cancel();
      yield readEvent(client.server, data);
      cancel = listen();
    }
  } catch (error) {
    throw either.aborted ? either.reason : error;
  } finally {
    cancel();
    silence.abort();
  }
}

function readEvent(server: string, data: string): CloudEvent {
  const event = parseJson(data);
  if (Check(CloudEvent, event)) return event;
  throw new ForeignAnswerError(`GET ${server}/events`, 'an event is no CloudEvent');
}
