import { Check } from '../../typebox.js';
import { Unsatisfied } from '../client/documents.js';
import { type Patience, persist } from './persist.js';

/**
 * Waits for longer than one request may, by asking again and again.
 *
 * @param ask one request that waits so many seconds at most.
 * @returns what was waited for; or how the wait ended without it: the run is finished, or the deadline is over.
 */
export async function waitInSlices<T>(
  patience: Patience,
  ask: (timeoutSeconds: number) => Promise<T | Unsatisfied>,
): Promise<T | Unsatisfied> {
  for (;;) {
    const answer = await persist(patience, () => ask(patience.deadline.sliceSeconds));
    if (!isUnsatisfied(answer) || answer.reason === 'finished' || patience.deadline.isOver) return answer;
  }
}

export function isUnsatisfied(answer: unknown): answer is Unsatisfied {
  return Check(Unsatisfied, answer);
}
