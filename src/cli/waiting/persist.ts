import type { Clock } from '../../engine/clock.js';
import { isPassing, ProblemError } from '../client/problem.js';
import type { ServerClient } from '../client/server-client.js';
import type { Deadline } from './deadline.js';
import { pause } from './pause.js';

export interface Patience {
  readonly client: ServerClient;
  readonly clock: Clock;
  readonly deadline: Deadline;
  readonly signal?: AbortSignal;
  /** Told once when the server is away, so that silence is explained. */
  readonly onAway: (error: Error) => void;
}

const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 5_000;

/**
 * Repeats a call while a server that has answered before is away or overloaded: a restart of it is nothing that whoever waits should
 * notice. One that never answered is a mistake in the URL, and told at once.
 */
export async function persist<T>(patience: Patience, call: () => Promise<T>): Promise<T> {
  const { client, clock, deadline, signal, onAway } = patience;
  for (let delayMs = FIRST_DELAY_MS; ; delayMs = Math.min(LONGEST_DELAY_MS, delayMs * 2)) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof Error) || !isPassing(error) || !client.hasAnswered || deadline.isOver)
        throw error;
      if (delayMs === FIRST_DELAY_MS) onAway(error);
      const askedMs = error instanceof ProblemError ? (error.retryAfterMs ?? 0) : 0;
      // Spread, so that those who lost one server do not all come back in the same moment.
      const spreadMs = Math.max(askedMs, delayMs) * (1 + (clock.randomBytes(1)[0] ?? 0) / 512);
      await pause(clock, Math.min(spreadMs, LONGEST_DELAY_MS, deadline.remainingMs), signal);
    }
  }
}
